@testable import AgentCore
import Foundation
import Protocols
import Testing

@Suite("User namespaces", .native, .enabled(if: Host.hasUserNamespaces, "needs user namespaces"))
struct UserNamespaceTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
        // Its root may make nothing in a root file system that is not its own.
        try agent.makeFolder("rootfs/v")
        try agent.makeFolder("volume")
        try agent.setMode(0o777, of: "volume")
    }

    private func map(_ plan: inout ContainerPlan) {
        plan.namespaces |= CloneFlags.user
        plan.uidMappings = [
            IDMapping(containerID: 0, hostID: 100_000, size: 1000),
            IDMapping(containerID: 1000, hostID: 200_000, size: 10),
        ]
        plan.gidMappings = [IDMapping(containerID: 0, hostID: 300_000, size: 65536)]
        plan.mounts.append(Plans.bind("volume", at: "/v"))
    }

    private func owner(of path: String) throws -> [Int?] {
        let attributes = try FileManager.default.attributesOfItem(
            atPath: agent.share.path + "/" + path)
        return [
            attributes[.ownerAccountID] as? Int, attributes[.groupOwnerAccountID] as? Int,
        ]
    }

    @Test("ids are mapped as the plan says")
    func maps() throws {
        let outcome = try agent.shell(
            "while read a b c; do echo $a $b $c; done </proc/self/uid_map; id -u; touch /v/root"
        ) {
            map(&$0)
        }

        #expect(outcome == Outcome(output: "0 100000 1000\n1000 200000 10\n0\n"))
        #expect(try owner(of: "volume/root") == [100_000, 300_000])
    }

    @Test("a user of the container is another one outside")
    func user() throws {
        let outcome = try agent.shell("id -u; id -G; touch /v/user") {
            map(&$0)
            $0.process.uid = 1000
            $0.process.gid = 100
            $0.process.additionalGIDs = [7]
        }

        #expect(outcome == Outcome(output: "1000\n100 7\n"))
        #expect(try owner(of: "volume/user") == [200_000, 300_100])
    }

    @Test("an id that is not mapped is an error")
    func unmapped() throws {
        var plan = Plans.container("true")
        map(&plan)
        plan.process.uid = 5000

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "setuid: invalid argument")
    }

    @Test("maps that overlap are an error")
    func overlapping() throws {
        var plan = Plans.container("true")
        map(&plan)
        plan.uidMappings[1].containerID = 500

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "write \"uid_map\": invalid argument")
    }

    @Test("the default devices are there, and work")
    func devices() throws {
        let outcome = try agent.shell(
            "for d in null zero full random urandom tty; do stat -c '%n %t:%T' /dev/$d; done"
                + "; echo x >/dev/null; head -c 3 /dev/zero | wc -c"
        ) { map(&$0) }

        let expected = """
            /dev/null 1:3
            /dev/zero 1:5
            /dev/full 1:7
            /dev/random 1:8
            /dev/urandom 1:9
            /dev/tty 5:0
            3

            """
        #expect(outcome == Outcome(output: expected))
    }

    @Test("devices of the plan are there, with their modes and owners")
    func plannedDevices() throws {
        var device = Plans.device("/dev/sub/mine", mode: 0o20642, 1, 3)
        device.uid = 1000
        device.gid = 7

        let outcome = try agent.shell(
            "stat -c '%t:%T %a %u %g' /dev/sub/mine; echo x >/dev/sub/mine"
        ) {
            map(&$0)
            $0.devices = [device]
        }

        #expect(outcome == Outcome(output: "1:3 642 1000 7\n"))
    }

    @Test("devices are mounts that are good for nothing else")
    func deviceMounts() throws {
        let outcome = try agent.shell(
            "grep -c ' /dev/null [^ ]* rw,nosuid,noexec' /proc/self/mounts"
        ) { map(&$0) }

        #expect(outcome == Outcome(output: "1\n"))
    }

    @Test("the root of a container cannot touch files of the host's root")
    func harmless() throws {
        let outcome = try agent.shell("echo x >>/etc/passwd; cat /v/secret") {
            map(&$0)
            $0.rootReadonly = false
            try? agent.put("secret", at: "volume/secret", mode: 0o600)
        }

        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("can't create /etc/passwd: Permission denied"))
        #expect(outcome.errors.contains("can't open '/v/secret': Permission denied"))
    }

    @Test("one more process comes into the namespace, with its users")
    func exec() throws {
        try agent.startIdle { map(&$0) }
        var process = Plans.process(["sh", "-c", "id -u; echo $$; touch /v/exec"])
        process.uid = 1001

        let outcome = try agent.execute(process)

        #expect(outcome == Outcome(output: "1001\n2\n"))
        #expect(try owner(of: "volume/exec") == [200_001, 300_000])
    }

    @Test("its users may open their own streams again", arguments: [0, 1000] as [UInt32])
    func ownStreams(uid: UInt32) throws {
        let outcome = try agent.shell(
            "cat /dev/stdin >/dev/stdout; echo e >/dev/stderr", input: [97]
        ) {
            map(&$0)
            $0.process.uid = uid
        }

        #expect(outcome == Outcome(output: "a", errors: "e\n"))
    }

    @Test("limits are the plan's, for one more process, too")
    func limits() throws {
        let limit = ResourceLimit(resource: 7, soft: 300, hard: 400)
        let outcome = try agent.shell("ulimit -n; ulimit -Hn") {
            map(&$0)
            $0.process.resourceLimits = [limit]
        }
        try agent.startIdle { map(&$0) }
        var process = Plans.process(["sh", "-c", "ulimit -n; ulimit -Hn"])
        process.resourceLimits = [limit]

        #expect(outcome == Outcome(output: "300\n400\n"))
        #expect(try agent.execute(process) == outcome)
    }

    @Test(
        "a limit above the agent's, which root of the namespace could not raise",
        .enabled(if: Host.has(.resource), "needs CAP_SYS_RESOURCE"))
    func raisedLimit() throws {
        let limit = ResourceLimit(resource: 12, soft: 1 << 40, hard: 1 << 40)
        let plan = Plans.container("grep", "^Max msgqueue", "/proc/self/limits")
        let outcome = try agent.run(plan) {
            map(&$0)
            $0.process.resourceLimits = [limit]
        }

        #expect(outcome.output.contains("\(1 << 40)"))
    }

    @Test("a terminal works")
    func terminal() throws {
        let streams = try agent.stream()
        var plan = Plans.container("sh", "-c", "tty; stat -c %u $(tty)")
        map(&plan)
        plan.process.terminal = true
        plan.process.streams.stdin = streams.port
        try agent.perform(.createContainer(plan))
        try streams.collect()
        try agent.perform(.startContainer(container: "c"))

        let exit = try agent.exit()

        #expect(exit.exitStatus == 0)
        let text = String(decoding: streams.collected(), as: UTF8.self)
        #expect(text == "/dev/pts/0\r\n0\r\n")
    }
}
