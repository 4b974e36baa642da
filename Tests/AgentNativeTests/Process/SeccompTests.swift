import Protocols
import Testing

@Suite("Seccomp", .native)
struct SeccompTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    /// struct sock_filter (linux/filter.h): code, jump if true, jump if false, number. mkdir(2), number 83 of
    /// x86-64, fails with EPERM, everything else is allowed (seccomp(2)).
    private static let withoutMkdir: [UInt8] = [
        0x20, 0, 0, 0, 0, 0, 0, 0,  // BPF_LD | BPF_W | BPF_ABS: the system call's number
        0x15, 0, 0, 1, 83, 0, 0, 0,  // BPF_JMP | BPF_JEQ | BPF_K: mkdir, else one further
        0x06, 0, 0, 0, 1, 0, 0x05, 0,  // BPF_RET: SECCOMP_RET_ERRNO | EPERM
        0x06, 0, 0, 0, 0, 0, 0xff, 0x7f,  // BPF_RET: SECCOMP_RET_ALLOW
    ]

    private func makeFolder(
        noNewPrivileges: Bool, flags: UInt32 = 0, _ filter: [UInt8]
    ) throws -> Outcome {
        try agent.shell("mkdir /tmp/x && echo made") {
            $0.mounts.append(Plans.mount("/tmp", "tmpfs"))
            $0.process.noNewPrivileges = noNewPrivileges
            $0.process.seccompFilter = filter
            $0.process.seccompFlags = flags
        }
    }

    @Test("without a filter everything is allowed")
    func none() throws {
        #expect(try makeFolder(noNewPrivileges: true, []) == Outcome(output: "made\n"))
    }

    @Test("a filter applies, with and without no_new_privs", arguments: [false, true])
    func applies(noNewPrivileges: Bool) throws {
        let outcome = try makeFolder(noNewPrivileges: noNewPrivileges, Self.withoutMkdir)

        let error = "mkdir: can't create directory '/tmp/x': Operation not permitted\n"
        #expect(outcome == Outcome(status: 1, errors: error))
    }

    @Test("flags are passed on")
    func flags() throws {
        let log: UInt32 = 2

        let outcome = try makeFolder(noNewPrivileges: true, flags: log, Self.withoutMkdir)

        #expect(outcome.status == 1)
    }

    @Test("a filter applies to exec's process, not to the container's")
    func exec() throws {
        try agent.startIdle { $0.mounts.append(Plans.mount("/tmp", "tmpfs")) }
        var filtered = Plans.process(["mkdir", "/tmp/a"])
        filtered.seccompFilter = Self.withoutMkdir

        let first = try agent.execute(filtered)
        let second = try agent.execute(Plans.process(["mkdir", "/tmp/a"]))

        #expect(first.status == 1)
        #expect(second == Outcome())
    }

    @Test(
        "a filter that the kernel does not take is an error",
        arguments: [[0x06, 0, 0, 0, 0, 0, 0], Array(repeating: 0, count: 8)] as [[UInt8]])
    func bad(filter: [UInt8]) throws {
        var plan = Plans.container("true")
        plan.process.seccompFilter = filter

        #expect(throws: Failure.self) { try agent.start(plan) }
    }
}
