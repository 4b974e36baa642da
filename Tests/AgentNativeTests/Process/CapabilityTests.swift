import Protocols
import Testing

@Suite("Capabilities", .native)
struct CapabilityTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    private static let chown: UInt64 = 1 << 0
    private static let kill: UInt64 = 1 << 5
    private static let bind: UInt64 = 1 << 10

    /// The five sets of a process, as the kernel shows them: inheritable, permitted, effective, bounding, ambient.
    private func sets(
        uid: UInt32, noNewPrivileges: Bool = true, _ sets: CapabilitySets?
    ) throws -> [UInt64?] {
        let outcome = try agent.run(Plans.container("grep", "^Cap", "/proc/self/status")) {
            $0.process.uid = uid
            $0.process.noNewPrivileges = noNewPrivileges
            $0.process.capabilities = sets
        }
        let lines = outcome.output.split(separator: "\n")
        return lines.map { UInt64($0.drop { $0 != "\t" }.dropFirst(), radix: 16) }
    }

    private func distinct() -> CapabilitySets {
        var sets = CapabilitySets()
        sets.bounding = Self.chown | Self.kill | Self.bind
        sets.permitted = Self.kill | Self.bind
        sets.effective = Self.kill
        sets.inheritable = Self.kill
        sets.ambient = Self.kill
        return sets
    }

    // What follows from the sets over execve(2): capabilities(7).

    @Test("a user keeps the ambient set over the start of its program")
    func user() throws {
        let found = try sets(uid: 1000, distinct())

        let all = distinct()
        #expect(found == [all.inheritable, all.ambient, all.ambient, all.bounding, all.ambient])
    }

    @Test("root has its permitted set, all of it effective")
    func root() throws {
        let found = try sets(uid: 0, distinct())

        let all = distinct()
        #expect(
            found == [all.inheritable, all.permitted, all.permitted, all.bounding, all.ambient])
    }

    @Test("root that may gain privileges gains the bounding set")
    func rootWithNewPrivileges() throws {
        let found = try sets(uid: 0, noNewPrivileges: false, distinct())

        let all = distinct()
        #expect(found == [all.inheritable, all.bounding, all.bounding, all.bounding, all.ambient])
    }

    @Test("empty sets are empty", arguments: [0, 1000] as [UInt32])
    func empty(uid: UInt32) throws {
        #expect(try sets(uid: uid, CapabilitySets()) == [0, 0, 0, 0, 0])
    }

    @Test("without sets a process of root keeps all that there are")
    func none() throws {
        let all = Host.capabilities
        #expect(try sets(uid: 0, nil) == [0, all, all, all, 0])
    }

    @Test("an ambient capability that is not inheritable is left out")
    func ambientOnly() throws {
        var wanted = distinct()
        wanted.inheritable = 0

        let found = try sets(uid: 1000, wanted)

        #expect(found == [0, 0, 0, wanted.bounding, 0])
    }

    @Test("numbers that the kernel does not know are left out")
    func unknown() throws {
        var wanted = distinct()
        wanted.bounding |= 1 << 63
        wanted.permitted |= 1 << 63
        wanted.effective |= 1 << 63

        let found = try sets(uid: 0, wanted)

        let all = distinct()
        #expect(
            found == [all.inheritable, all.permitted, all.permitted, all.bounding, all.ambient])
    }

    @Test("a capability decides what may be done")
    func decides() throws {
        let script = "touch /tmp/x && busybox chown 1 /tmp/x && stat -c %u /tmp/x"

        let without = try agent.shell(script) { $0.mounts.append(Plans.mount("/tmp", "tmpfs")) }
        let with = try agent.shell(script) {
            $0.mounts.append(Plans.mount("/tmp", "tmpfs"))
            $0.process.capabilities?.bounding |= Self.chown
            $0.process.capabilities?.permitted |= Self.chown
            $0.process.capabilities?.effective |= Self.chown
        }

        #expect(without.errors == "chown: /tmp/x: Operation not permitted\n")
        #expect(with == Outcome(output: "1\n"))
    }

    @Test(
        "no_new_privs is the plan's", arguments: [(false, "0"), (true, "1")])
    func noNewPrivileges(isSet: Bool, text: String) throws {
        let outcome = try agent.run(Plans.container("grep", "NoNewPrivs", "/proc/self/status")) {
            $0.process.noNewPrivileges = isSet
        }

        #expect(outcome == Outcome(output: "NoNewPrivs:\t\(text)\n"))
    }
}
