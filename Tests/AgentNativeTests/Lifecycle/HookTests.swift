@testable import AgentCore
import Foundation
import Protocols
import Testing

/// OCI runtime specification, "StartContainer Hooks".
@Suite("startContainer hooks", .native)
struct HookTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
        try agent.makeFolder("volume")
    }

    private func hook(
        _ path: String, _ arguments: String..., seconds: UInt32 = 0
    ) -> Hook {
        var hook = Hook()
        hook.path = path
        hook.arguments = arguments
        hook.timeoutSeconds = seconds
        return hook
    }

    private func shell(_ script: String, seconds: UInt32 = 0) -> Hook {
        hook("/bin/sh", "sh", "-c", script, seconds: seconds)
    }

    /// A container whose program and hooks may write to /v.
    private func plan(
        _ hooks: Hook..., change: (inout ContainerPlan) -> Void = { _ in }
    ) -> ContainerPlan {
        var plan = Plans.container("sh", "-c", "echo program >>/v/log")
        plan.mounts.append(Plans.bind("volume", at: "/v"))
        plan.startContainerHooks = hooks
        plan.hookState = "{\"id\":\"c\",\"status\":\"created\"}"
        change(&plan)
        return plan
    }

    private func run(_ plan: ContainerPlan) throws -> String? {
        let outcome = try agent.run(plan)
        #expect(outcome == Outcome())
        return agent.text(of: "volume/log")
    }

    /// Why the container is not started; it has ended then.
    private func failure(_ plan: ContainerPlan) throws -> Failure? {
        try agent.perform(.createContainer(plan))
        let failure = try agent.refusal(of: .startContainer(container: "c"))
        #expect(try agent.exit().signal == 9)
        #expect(agent.text(of: "volume/log")?.contains("program") != true)
        return failure
    }

    @Test("they run one after the other, after create and before the program")
    func order() throws {
        let first = shell("sleep 0.1; echo first >>/v/log")
        let second = shell("echo second >>/v/log")
        try agent.perform(.createContainer(plan(first, second)))
        let before = agent.text(of: "volume/log")

        try agent.perform(.startContainer(container: "c"))
        _ = try agent.exit()

        #expect(before == nil)
        #expect(agent.text(of: "volume/log") == "first\nsecond\nprogram\n")
    }

    @Test("they leave nothing")
    func traces() throws {
        #expect(try run(plan(shell("true"), shell("true"))) == "program\n")
    }

    @Test("they read the container's state, each from the beginning")
    func state() throws {
        let reader = shell("cat >>/v/log; echo >>/v/log")

        let log = try run(plan(reader, reader))

        let state = "{\"id\":\"c\",\"status\":\"created\"}\n"
        #expect(log == state + state + "program\n")
    }

    @Test("path and arguments are apart, and the environment is the hook's alone")
    func words() throws {
        var hook = hook(
            "/bin/busybox", "sh", "-c", "echo $0 $1 >>/v/log; cat /proc/$$/environ >>/v/log; true",
            "name", "one")
        hook.environment = ["A=b", "C=d"]

        let log = try run(plan(hook))

        #expect(log == "name one\nA=b\u{0}C=d\u{0}program\n")
    }

    @Test("without arguments the path is the only one")
    func noArguments() throws {
        try agent.put("#!/bin/sh\necho $0 $# >>/v/log\n", at: "rootfs/hook", mode: 0o755)

        #expect(try run(plan(hook("/hook"))) == "/hook 0\nprogram\n")
    }

    @Test(
        "they are in the namespaces and the cgroup of the container, with its root",
        arguments: ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"])
    func namespaces(kind: String) throws {
        let link = "readlink /proc/1/ns/\(kind) >>/v/log; readlink /proc/self/ns/\(kind) >>/v/log"
        let log = try run(
            plan(shell("\(link); hostname >>/v/log; cat /proc/self/cgroup >>/v/log")) {
                // To read another process's links.
                $0.process.capabilities = nil
            })

        let lines = log?.split(separator: "\n") ?? []
        #expect(lines.count >= 4 && lines[0] == lines[1])
        #expect(lines.contains("vmrun-test") && lines.contains("0::/"))
    }

    @Test("they are what the container's process will be")
    func identity() throws {
        try agent.setMode(0o777, of: "volume")
        let script = "id -u; id -G; grep -E 'CapBnd|NoNewPrivs' /proc/self/status; ulimit -n; pwd"
        let log = try run(
            plan(shell("(\(script)) >>/v/log")) {
                $0.process.uid = 1000
                $0.process.gid = 100
                $0.process.additionalGIDs = [5]
                $0.process.workingDirectory = "/tmp"
            })

        let expected = """
            1000
            100 5
            CapBnd:\t0000000020000420
            NoNewPrivs:\t1
            1024
            /tmp
            program

            """
        #expect(log == expected)
    }

    @Test(
        "one that fails ends the container, and those after it do not run",
        arguments: [
            ("exit 3", "exit status 3"), ("kill -9 $$", "signal: killed"),
        ])
    func fails(script: String, reason: String) throws {
        let failure = try failure(
            plan(shell("true"), shell(script), shell("echo late >>/v/log")))

        #expect(failure?.message == "error running startContainer hook #1: \(reason)")
        #expect(agent.text(of: "volume/log") == nil)
    }

    @Test(
        "one that cannot be executed ends the container",
        arguments: [
            ("/nothere", "no such file or directory"), ("/etc/passwd", "permission denied"),
        ]
    )
    func missing(path: String, reason: String) throws {
        let failure = try failure(plan(hook(path)))

        #expect(
            failure?.message
                == "error running startContainer hook #0: fork/exec \(path): \(reason)")
    }

    @Test("one that takes longer than it may is killed, and ends the container")
    func timeout() throws {
        let failure = try failure(plan(shell("sleep 86400", seconds: 1)))

        #expect(
            failure?.message
                == "error running startContainer hook #0: hook ran past specified timeout of 1.0s")
    }

    @Test("one that is in time is not killed")
    func inTime() throws {
        #expect(try run(plan(shell("true", seconds: 1))) == "program\n")
    }

    @Test("a container is started once, also while its hooks run")
    func twice() throws {
        try agent.perform(.createContainer(plan(shell("sleep 0.2"))))

        let replies = try agent.requests(
            .startContainer(container: "c"), .startContainer(container: "c"))

        #expect(replies.first?.failure == nil)
        #expect(replies.last?.failure?.kind == .wrongState)
    }

    @Test(
        "a container can be killed or deleted while its hooks run, and nothing is left",
        arguments: [true, false], [true, false])
    func ended(isDeleted: Bool, hasNamespace: Bool) throws {
        let before = try agent.traces()
        try agent.perform(
            .createContainer(
                plan(shell("sleep 86400")) {
                    if !hasNamespace { $0.namespaces &= ~CloneFlags.process }
                }))
        let end: AgentRequest.Body =
            isDeleted
            ? .deleteContainer(container: "c")
            : .signalProcess(ProcessSignal(container: "c", signal: 9))

        let replies = try agent.requests(.startContainer(container: "c"), end)
        _ = try agent.exit()
        if !isDeleted { try agent.perform(.deleteContainer(container: "c")) }

        #expect(replies.first?.failure != nil)
        #expect(replies.last?.failure == nil)
        #expect(try agent.changes(since: before) == [])
    }

    @Test("they work in user and time namespaces", .enabled(if: Host.hasUserNamespaces))
    func userNamespace() throws {
        try agent.setMode(0o777, of: "volume")
        try agent.makeFolder("rootfs/v")
        let log = try run(
            plan(shell("id -u >>/v/log; cat >>/v/log")) {
                $0.namespaces |= CloneFlags.user
                if Host.hasTimeNamespaces { $0.namespaces |= CloneFlags.time }
                $0.uidMappings = [IDMapping(containerID: 0, hostID: 100_000, size: 1000)]
                $0.gidMappings = [IDMapping(containerID: 0, hostID: 100_000, size: 1000)]
                $0.hookState = "state\n"
            })

        #expect(log == "0\nstate\nprogram\n")
    }
}
