internal import Devices
internal import Linux
internal import Protocols

/// The processes of a container that were started over the control socket: those of exec, and the first one of a container
/// that was added to the machine, which has no name. Each belongs to a connection of the control socket: whoever is at its other end hears of the
/// process's end, and takes the process along when it goes. Belongs to the event loop's thread.
internal final class ExecProcesses {
    /// What stands for a process whose machine is gone: it was killed with the container.
    private static let killedStatus: Int32 = 137

    private final class Process {
        let connection: ControlConnection
        let streams: ProcessStreams
        var isStarted = false
        /// Nobody waits for it.
        var isAbandoned = false
        /// Pid of the one that waits; nil before it has said so.
        var standIn: UInt32?
        var exitStatus: Int32?

        init(_ connection: ControlConnection, _ streams: ProcessStreams) {
            self.connection = connection
            self.streams = streams
        }
    }

    private let loop: EventLoop
    private let container: String
    private let request: (AgentRequest.Body, @escaping (AgentReply) -> Void) -> Void
    private var processes: [String: Process] = [:]
    private let ports: StreamPorts
    /// The first process has ended; `tell` is to be called when nothing is left of its container.
    internal var onFirstEnded: (_ tell: @escaping () -> Void) -> Void = { $0() }

    /// `request` asks the agent.
    init(
        loop: EventLoop, container: String, ports: StreamPorts,
        request: @escaping (AgentRequest.Body, @escaping (AgentReply) -> Void) -> Void
    ) {
        self.loop = loop
        self.container = container
        self.ports = ports
        self.request = request
    }

    /// Pids of those that stand on the host for processes of exec.
    var standIns: [UInt32] {
        processes.filter { !$0.key.isEmpty }.values.compactMap(\.standIn).sorted()
    }

    /// Starts a process with the descriptors that have come over its connection; `answer` is called once.
    func start(
        _ name: String, _ plan: ProcessPlan, of connection: ControlConnection,
        answer: @escaping (Failure?) -> Void
    ) {
        let container = container
        guard !name.isEmpty else {
            return answer(Failure(kind: .wrongState, message: "the process needs a name"))
        }
        add(
            name, plan, of: connection, with: connection.takeDescriptors(),
            as: { .startProcess(container: container, process: name, $0) }, answer: answer)
    }

    /// Creates the container with its first process, whose streams these are.
    func create(
        _ plan: ContainerPlan, of connection: ControlConnection, with streams: PassedDescriptors,
        answer: @escaping (Failure?) -> Void
    ) {
        add(
            "", plan.process, of: connection, with: streams,
            as: { process in
                var plan = plan
                plan.process = process
                return .createContainer(plan)
            }, answer: answer)
    }

    private func add(
        _ name: String, _ plan: ProcessPlan, of connection: ControlConnection,
        with descriptors: PassedDescriptors, as body: (ProcessPlan) -> AgentRequest.Body,
        answer: @escaping (Failure?) -> Void
    ) {
        guard processes[name] == nil,
            !processes.values.contains(where: { $0.connection === connection })
        else { return answer(Failure(kind: .wrongState, message: "the process exists already")) }
        guard descriptors.count == ProcessStreams.descriptorCount(of: plan) else {
            return answer(Failure(message: "the process needs a terminal or three streams"))
        }
        let streams = ProcessStreams(
            stdin: descriptors.takeFirstStream(), stdout: descriptors.takeFirstStream(),
            stderr: descriptors.takeFirstStream(), hasTerminal: plan.terminal,
            firstPort: ports.take())
        var plan = plan
        plan.streams = streams.ports
        let process = Process(connection, streams)
        processes[name] = process
        let next = connection.onEnd
        connection.onEnd = { [weak self, weak process] in
            self?.abandon(name, process)
            next()
        }
        request(body(plan)) { [weak self] reply in
            process.isStarted = true
            if reply.failure != nil {
                self?.processes[name] = nil
            } else if process.isAbandoned {
                self?.kill(name)
            }
            answer(reply.failure)
        }
    }

    /// Another process takes the connection over, and waits from now on.
    func handOver(_ connection: ControlConnection, to pid: UInt32) {
        guard let (name, process) = processes.first(where: { $0.value.connection === connection })
        else { return }
        process.standIn = pid
        finish(name, process)
    }

    /// The host's end for a port that belongs to one of the processes.
    func take(_ port: UInt32) -> HostStream? {
        for process in processes.values {
            if let stream = process.streams.take(port, loop: loop) { return stream }
        }
        return nil
    }

    /// A connection of the guest is gone.
    func streamClosed(_ port: UInt32) {
        guard let (name, process) = processes.first(where: { $0.value.streams.closed(port) })
        else { return }
        finish(name, process)
    }

    /// The agent has said so.
    func exited(_ exit: ProcessExit) {
        guard let process = processes[exit.process] else { return }
        process.exitStatus = Int32(exit.exitStatus & 0xff)
        finish(exit.process, process)
    }

    /// The container is gone, and all processes with it. Those that stand for them may be about to ask.
    func endAll() {
        for process in processes.values where process.isStarted {
            Self.tell(process, process.exitStatus ?? Self.killedStatus)
        }
        processes = [:]
    }

    /// Tells of an end when all that was written has been handed over.
    private func finish(_ name: String, _ process: Process) {
        guard let status = process.exitStatus, process.streams.areClosed || process.isAbandoned
        else { return }
        guard process.isAbandoned || process.standIn != nil else { return }
        processes[name] = nil
        let tell = {
            if !process.isAbandoned { Self.tell(process, status) }
        }
        name.isEmpty ? onFirstEnded(tell) : tell()
    }

    private static func tell(_ process: Process, _ status: Int32) {
        var reply = SandboxReply(status: .running)
        reply.exitStatus = status
        process.connection.send(reply)
    }

    /// The name may be another's by now.
    private func abandon(_ name: String, _ process: Process?) {
        guard let process, processes[name] === process else { return }
        process.isAbandoned = true
        if process.isStarted { kill(name) }
        finish(name, process)
    }

    private func kill(_ name: String) {
        let sigkill: UInt32 = 9
        request(
            .signalProcess(ProcessSignal(container: container, process: name, signal: sigkill))
        ) { _ in }
    }
}
