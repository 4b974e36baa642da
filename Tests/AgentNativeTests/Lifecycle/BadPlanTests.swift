@testable import AgentCore
import Linux
import Protocols
import Testing

/// SECCOMP_FILTER_FLAG_NEW_LISTENER of seccomp(2).
private let newListener: UInt32 = 8

@Suite("Plans that cannot be carried out", .native)
struct BadPlanTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let operation: String
        let apply: @Sendable (inout ContainerPlan) -> Void
        var testDescription: String { operation }
    }

    /// Far along the way, one after the other.
    @Test(
        "a container that cannot be created leaves nothing, and its id free",
        arguments: [
            Change(operation: "check the plan") { $0.process.seccompFlags = newListener },
            Change(operation: "open root file system \"nothing\"") { $0.rootPath = "nothing" },
            Change(operation: "open root file system \"rootfs/etc/passwd\"") {
                $0.rootPath = "rootfs/etc/passwd"
            },
            Change(operation: "make cgroup") { $0.cgroupPath = "/line\nbreak" },
            Change(operation: "write x to cgroup file \"cgroup.nothing\"") {
                $0.cgroupSettings = [Assignment(name: "cgroup.nothing", value: "x")]
            },
            Change(operation: "check the plan") {
                $0.cgroupSettings = [Assignment(name: "../cgroup.procs", value: "x")]
            },
            Change(operation: "connect the streams") { $0.process.streams.stderr = 9999 },
            Change(operation: "mount at \"/x\"") { $0.mounts.append(Plans.mount("/x", "nofs")) },
            Change(operation: "mount at \"/x\"") {
                $0.mounts.append(Plans.mount("/x", "tmpfs", 0, "size=?"))
            },
            Change(operation: "write sysctl \"kernel.nothing\"") {
                $0.sysctls = [Assignment(name: "kernel.nothing", value: "1")]
            },
            Change(operation: "set resource limit \"99\"") {
                $0.process.resourceLimits = [ResourceLimit(resource: 99, soft: 1, hard: 1)]
            },
            Change(operation: "chdir to cwd \"/etc/passwd\"") {
                $0.process.workingDirectory = "/etc/passwd"
            },
            Change(operation: "setgroups") { $0.process.additionalGIDs = [UInt32.max] },
            Change(operation: "exec: \"nothere\"") { $0.process.arguments = ["nothere"] },
        ])
    func leavesNothing(change: Change) throws {
        var plan = Plans.container("true")
        change.apply(&plan)

        let first = try agent.failure(of: plan)
        let second = try agent.failure(of: plan)

        #expect(first.operation.hasPrefix(change.operation))
        #expect(first.message.hasPrefix(first.operation) || first.operation == "check the plan")
        #expect(second == first)
        #expect(try agent.shell("exit 4").status == 4)
    }

    @Test("a message is no longer than the agent may send")
    func longMessage() throws {
        var plan = Plans.container("true")
        plan.process.arguments = ["/" + String(repeating: "x/", count: 100_000)]

        let failure = try agent.failure(of: plan)

        #expect(failure.message.utf8.count <= 4096)
        #expect(failure.message.hasPrefix("exec: \"/x/x/"))
    }

    @Test("a plan with a thousand mounts is carried out")
    func manyMounts() throws {
        let outcome = try agent.shell("cut -d ' ' -f 5 /proc/self/mountinfo | grep -c '^/m'") {
            for number in 0..<1000 {
                $0.mounts.append(Plans.mount("/m/\(number)", "tmpfs"))
            }
        }

        #expect(outcome == Outcome(output: "1000\n"))
    }

    @Test("bytes that are no request end the agent")
    func garbage() throws {
        try agent.send([0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4])

        #expect(try agent.waitForEnd() == .exited(0))
    }
}
