import Protocols
import Testing

/// What became of a process.
struct Outcome: Equatable {
    var status: UInt32 = 0
    var signal: UInt32 = 0
    var output = ""
    var errors = ""
}

extension NativeAgent {
    /// Runs a script in a container from create to delete; `change` says how its plan differs from what
    /// `runc spec` gives.
    func shell(
        _ script: String, input: [UInt8] = [], location: SourceLocation = #_sourceLocation,
        _ change: (inout ContainerPlan) -> Void = { _ in }
    ) throws -> Outcome {
        try run(Plans.container("sh", "-c", script), input: input, location: location, change)
    }

    /// Runs a container from create to delete, after which nothing of it is left.
    func run(
        _ plan: ContainerPlan, input: [UInt8] = [], location: SourceLocation = #_sourceLocation,
        _ change: (inout ContainerPlan) -> Void = { _ in }
    ) throws -> Outcome {
        var plan = plan
        change(&plan)
        let before = try traces()
        let streams = try Streams3(self)
        plan.process.streams = streams.ports
        try perform(.createContainer(plan))
        try streams.collect()
        try perform(.startContainer(container: plan.id))
        streams.feed(input)
        let exit = try exit(in: plan.id)
        try perform(.deleteContainer(container: plan.id))
        let outcome = streams.outcome(exit)
        let changes = try changes(since: before)
        #expect(changes == [], sourceLocation: location)
        return outcome
    }

    /// Runs one more process in a container.
    func execute(
        _ process: ProcessPlan, name: String = "e", in container: String = "c",
        input: [UInt8] = []
    ) throws -> Outcome {
        let streams = try Streams3(self)
        var process = process
        process.streams = streams.ports
        try perform(.startProcess(container: container, process: name, process))
        try streams.collect()
        streams.feed(input)
        return streams.outcome(try exit(of: name, in: container))
    }

    /// The failure to create a container, after which nothing of it is left.
    func failure(
        of plan: ContainerPlan, location: SourceLocation = #_sourceLocation
    ) throws -> Failure {
        let before = try traces()
        let failure = try request(.createContainer(plan)).failure
        let changes = try traces().changes(since: before)
        #expect(changes == [], sourceLocation: location)
        return try #require(failure, "the container was created", sourceLocation: location)
    }

    /// Creates and starts a container without streams.
    func start(_ plan: ContainerPlan, _ change: (inout ContainerPlan) -> Void = { _ in }) throws {
        var plan = plan
        change(&plan)
        try perform(.createContainer(plan))
        try perform(.startContainer(container: plan.id))
    }

    /// Starts a container that does nothing until it is deleted.
    func startIdle(
        _ id: String = "c", _ change: (inout ContainerPlan) -> Void = { _ in }
    ) throws {
        var plan = Plans.container("sleep", "86400", id: id)
        change(&plan)
        try start(plan)
    }

    /// Starts a container that may write to its cgroup, and comes back when the script has said `ready`.
    func startInWritableCgroup(_ script: String) throws {
        let output = try stream()
        var plan = Plans.container("sh", "-c", script)
        plan.mounts.removeLast()
        plan.mounts.append(Plans.mount("/sys/fs/cgroup", "cgroup2"))
        plan.process.streams.stdout = output.port
        try perform(.createContainer(plan))
        try output.accept()
        try perform(.startContainer(container: "c"))
        _ = try output.read(until: "ready")
    }
}

/// The three streams of a process.
struct Streams3 {
    let input: HostEnd
    let output: HostEnd
    let errors: HostEnd

    init(_ agent: NativeAgent) throws {
        input = try agent.stream()
        output = try agent.stream()
        errors = try agent.stream()
    }

    var ports: Streams {
        var streams = Streams()
        streams.stdin = input.port
        streams.stdout = output.port
        streams.stderr = errors.port
        return streams
    }

    func collect() throws {
        try input.accept()
        try output.collect()
        try errors.collect()
    }

    /// Gives the whole input; a program may be gone before it has read it.
    func feed(_ bytes: [UInt8]) {
        try? input.write(bytes)
        try? input.finishWriting()
    }

    func outcome(_ exit: ProcessExit) -> Outcome {
        Outcome(
            status: exit.exitStatus, signal: exit.signal,
            output: String(decoding: output.collected(), as: UTF8.self),
            errors: String(decoding: errors.collected(), as: UTF8.self))
    }
}
