import Protocols
import Testing

@Suite("Programs are found as runc finds them", .native)
struct ProgramLookupTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let kind: Failure.Kind
        let message: String
        var testDescription: String { message }
    }

    private static let cases = [
        Case(
            arguments: ["nothere"], kind: .programNotFound,
            message: "exec: \"nothere\": executable file not found in $PATH"),
        Case(
            arguments: ["/bin/nothere"], kind: .programNotFound,
            message: "exec: \"/bin/nothere\": stat /bin/nothere: no such file or directory"),
        Case(
            arguments: ["/etc/passwd"], kind: .programNotExecutable,
            message: "exec: \"/etc/passwd\": permission denied"),
        Case(
            arguments: ["/etc"], kind: .programNotExecutable,
            message: "exec: \"/etc\": is a directory"),
        Case(
            arguments: [""], kind: .programNotFound,
            message: "exec: \"\": executable file not found in $PATH"),
        Case(
            arguments: [], kind: .programNotFound,
            message: "exec: \"\": executable file not found in $PATH"),
        Case(
            arguments: ["passwd"], kind: .programNotFound,
            message: "exec: \"passwd\": executable file not found in $PATH"),
    ]

    @Test("a program that cannot be executed is an error of create", arguments: cases)
    func create(example: Case) throws {
        var plan = Plans.container()
        plan.process.arguments = example.arguments
        plan.process.environment = ["PATH=/bin:/etc"]

        let failure = try agent.failure(of: plan)

        #expect(failure.message == example.message)
        #expect(failure.kind == example.kind)
    }

    @Test("a program that cannot be executed is an error of exec", arguments: cases)
    func exec(example: Case) throws {
        try agent.startIdle()
        var process = Plans.process(example.arguments)
        process.environment = ["PATH=/bin:/etc"]

        let failure = try agent.refusal(
            of: .startProcess(container: "c", process: "e", process))

        #expect(failure?.message == example.message)
        #expect(failure?.kind == example.kind)
    }

    @Test("the first executable file in PATH is taken")
    func search() throws {
        try agent.put("#!/bin/sh\necho wrong\n", at: "rootfs/a/tool")
        try agent.makeFolder("rootfs/b/tool")
        try agent.put("#!/bin/sh\necho right\n", at: "rootfs/c/tool", mode: 0o755)
        try agent.put("#!/bin/sh\necho late\n", at: "rootfs/d/tool", mode: 0o755)

        let outcome = try agent.run(Plans.container("tool")) {
            $0.process.environment = ["PATH=/d", "PATH=/none:/etc/passwd:/a:/b:/c:/d"]
        }

        #expect(outcome == Outcome(output: "right\n"))
    }

    @Test(
        "the working directory is not searched", arguments: [["PATH=:/bin"], ["PATH="], []])
    func workingDirectory(environment: [String]) throws {
        try agent.put("#!/bin/sh\necho here\n", at: "rootfs/tool", mode: 0o755)
        var plan = Plans.container("tool")
        plan.process.environment = environment

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "exec: \"tool\": executable file not found in $PATH")
    }

    @Test("a name with a slash is looked up from the working directory")
    func relative() throws {
        try agent.put("#!/bin/sh\necho here\n", at: "rootfs/home/alice/tool", mode: 0o755)

        let outcome = try agent.run(Plans.container("./tool")) {
            $0.process.workingDirectory = "/home/alice"
        }

        #expect(outcome == Outcome(output: "here\n"))
    }

    @Test("it is the user of the process who must be allowed to execute")
    func userDecides() throws {
        try agent.put("#!/bin/sh\necho run\n", at: "rootfs/tool", mode: 0o700)
        var plan = Plans.container("/tool")
        plan.process.uid = 1000

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "exec: \"/tool\": permission denied")
        #expect(failure.kind == .programNotExecutable)
    }

    @Test(
        "what the kernel does not execute is an error of start",
        arguments: [
            ("echo no program\n", "exec format error"),
            ("#!/nowhere\n", "no such file or directory"),
        ])
    func start(text: String, error: String) throws {
        try agent.put(text, at: "rootfs/tool", mode: 0o755)
        try agent.perform(.createContainer(Plans.container("/tool")))

        let failure = try agent.refusal(of: .startContainer(container: "c"))

        #expect(failure?.message == "exec /tool: \(error)")
        try agent.perform(.deleteContainer(container: "c"))
    }
}
