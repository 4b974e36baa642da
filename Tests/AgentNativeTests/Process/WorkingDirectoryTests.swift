import Protocols
import Testing

@Suite("Working directory", .native)
struct WorkingDirectoryTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    @Test("a process begins in its working directory", arguments: ["/", "/home/alice", "/dev/shm"])
    func begins(folder: String) throws {
        let outcome = try agent.shell("pwd -P") { $0.process.workingDirectory = folder }

        #expect(outcome == Outcome(output: folder + "\n"))
    }

    @Test("one that is missing is made, in a read-only root too", arguments: [false, true])
    func isMade(isReadonly: Bool) throws {
        let outcome = try agent.shell("pwd -P; stat -c '%a %u %g' .") {
            $0.rootReadonly = isReadonly
            $0.process.workingDirectory = "/made/for/it"
        }

        #expect(outcome == Outcome(output: "/made/for/it\n755 0 0\n"))
    }

    @Test("a link of the image is followed inside the image")
    func link() throws {
        try agent.link("rootfs/work", to: "/../../home/alice")

        let outcome = try agent.shell("pwd -P") { $0.process.workingDirectory = "/work" }

        #expect(outcome == Outcome(output: "/home/alice\n"))
    }

    @Test("a link to a folder that is missing makes none")
    func danglingLink() throws {
        try agent.link("rootfs/work", to: "/nowhere")
        var plan = Plans.container("true")
        plan.process.workingDirectory = "/work"

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "make working directory \"/work\": no such file or directory")
    }

    @Test("a file is none")
    func file() throws {
        var plan = Plans.container("true")
        plan.process.workingDirectory = "/etc/passwd"

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "chdir to cwd \"/etc/passwd\": not a directory")
    }

    /// CVE-2024-21626 of runc.
    @Test("no descriptor of the agent leads out of the root", arguments: 0..<20)
    func descriptor(number: Int) throws {
        var plan = Plans.container("true")
        plan.process.workingDirectory = "/proc/self/fd/\(number)"

        let failure = try agent.failure(of: plan)

        #expect(failure.operation.hasSuffix("\"/proc/self/fd/\(number)\""))
    }

    @Test("no descriptor of the agent leads out of the root in exec", arguments: 0..<20)
    func descriptorInExec(number: Int) throws {
        try agent.startIdle()
        var process = Plans.process(["true"])
        process.workingDirectory = "/proc/self/fd/\(number)"

        let failure = try agent.refusal(
            of: .startProcess(container: "c", process: "e", process))

        #expect(failure?.operation == "chdir to cwd \"/proc/self/fd/\(number)\"")
    }

    @Test("a folder that only the user may enter is entered")
    func userOnly() throws {
        try agent.makeFolder("rootfs/home/private")
        try agent.setMode(0o700, of: "rootfs/home/private")
        try agent.setOwner(1000, of: "rootfs/home/private")

        let outcome = try agent.shell("pwd -P") {
            $0.process.workingDirectory = "/home/private"
            $0.process.uid = 1000
        }

        #expect(outcome == Outcome(output: "/home/private\n"))
    }
}
