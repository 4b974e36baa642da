import Protocols
import Testing

@Suite("Arguments and environment", .native)
struct ArgumentTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    @Test("arguments arrive as they are")
    func arguments() throws {
        let script = "for argument; do echo \"[$argument]\"; done"
        let plan = Plans.container("sh", "-c", script, "sh", "a b", "", "*", "\"'\\", "ü\n")

        let outcome = try agent.run(plan)

        #expect(outcome == Outcome(output: "[a b]\n[]\n[*]\n[\"'\\]\n[ü\n]\n"))
    }

    @Test("the first argument is passed on as it is, not as the path that was found")
    func programName() throws {
        let outcome = try agent.run(Plans.container("cat", "/proc/self/cmdline"))

        #expect(outcome == Outcome(output: "cat\0/proc/self/cmdline\0"))
    }

    @Test("the environment is the plan's, in its order")
    func environment() throws {
        let variables = ["B=1", "PATH=/bin", "A=x=y", "EMPTY=", "HOME=/nowhere"]

        let outcome = try agent.run(Plans.container("env")) { $0.process.environment = variables }

        #expect(outcome.output == variables.map { $0 + "\n" }.joined())
    }

    @Test(
        "a process without HOME gets that of its user in /etc/passwd, or /",
        arguments: [(0, "/root"), (1000, "/home/alice"), (4242, "/")] as [(UInt32, String)])
    func home(uid: UInt32, home: String) throws {
        let outcome = try agent.shell("echo $HOME") { $0.process.uid = uid }

        #expect(outcome == Outcome(output: home + "\n"))
    }

    @Test("an empty HOME counts as none, and is there once")
    func emptyHome() throws {
        let outcome = try agent.run(Plans.container("env")) {
            $0.process.environment = ["HOME=", "PATH=/bin"]
        }

        #expect(outcome.output == "PATH=/bin\nHOME=/root\n")
    }

    @Test("an /etc/passwd that is no file is not waited for")
    func passwdPipe() throws {
        let outcome = try agent.shell("echo $HOME") {
            $0.mounts.append(Plans.mount("/etc", "tmpfs"))
            $0.devices = [Plans.device("/etc/passwd", mode: 0o10644)]
        }

        #expect(outcome == Outcome(output: "/\n"))
    }
}
