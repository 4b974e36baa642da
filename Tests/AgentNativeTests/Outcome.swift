import Protocols

/// What became of a process.
struct Outcome: Equatable {
    var status: UInt32
    var signal: UInt32 = 0
    var output = ""
    var errors = ""
}

extension NativeAgent {
    /// Runs a container from create to delete.
    func run(_ plan: ContainerPlan, input: [UInt8] = []) throws -> Outcome {
        let streams = try Streams3(self)
        var plan = plan
        plan.process.streams = streams.ports
        try perform(.createContainer(plan))
        try streams.collect()
        try perform(.startContainer(container: plan.id))
        try streams.feed(input)
        let exit = try exit(in: plan.id)
        try perform(.deleteContainer(container: plan.id))
        return streams.outcome(exit)
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
        try streams.feed(input)
        return streams.outcome(try exit(of: name, in: container))
    }

    /// The failure to create a container.
    func failure(of plan: ContainerPlan) throws -> Failure {
        guard let failure = try request(.createContainer(plan)).failure else {
            throw Failure(message: "the container was created")
        }
        return failure
    }

    /// Creates and starts a container without streams.
    func start(_ plan: ContainerPlan) throws {
        try perform(.createContainer(plan))
        try perform(.startContainer(container: plan.id))
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

    func feed(_ bytes: [UInt8]) throws {
        try input.write(bytes)
        try input.finishWriting()
    }

    func outcome(_ exit: ProcessExit) -> Outcome {
        Outcome(
            status: exit.exitStatus, signal: exit.signal,
            output: String(decoding: output.collected(), as: UTF8.self),
            errors: String(decoding: errors.collected(), as: UTF8.self))
    }
}
