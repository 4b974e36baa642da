internal import Devices
internal import Linux
internal import Protocols

/// What verbs ask of one of the machine's containers. Belongs to the event loop's thread.
internal final class ContainerRequests {
    /// Where in its life the container is.
    internal enum Stage {
        /// The kernel boots, or the agent builds the container.
        case creating
        case created
        case running
        /// Its process has ended; what it wrote is being handed over.
        case ended
    }

    let id: String
    /// Those that were started over the control socket.
    let processes: ExecProcesses
    var stage = Stage.creating
    private var isPaused = false
    private let request: (AgentRequest.Body, @escaping (AgentReply) -> Void) -> Void
    /// The container's process has begun to execute its program.
    internal var onStart: () -> Void = {}

    /// `request` asks the agent.
    init(
        _ id: String, loop: EventLoop, ports: StreamPorts,
        request: @escaping (AgentRequest.Body, @escaping (AgentReply) -> Void) -> Void
    ) {
        self.id = id
        self.request = request
        processes = ExecProcesses(loop: loop, container: id, ports: ports, request: request)
    }

    private var status: SandboxReply.Status {
        switch stage {
        case .creating: .creating
        case .created: isPaused ? .paused : .created
        case .running: isPaused ? .paused : .running
        case .ended: .stopped
        }
    }

    /// There is a container of which the agent can be asked.
    var isAlive: Bool {
        switch stage {
        case .created, .running: true
        case .creating, .ended: false
        }
    }

    /// Carries out what does not concern the machine.
    func handle(_ body: SandboxRequest.Body, from connection: ControlConnection) {
        switch body {
        case .query:
            var reply = SandboxReply(status: status)
            reply.standIns = processes.standIns
            connection.send(reply)
        case .start:
            start(connection)
        case .agent(let body):
            ask(body, for: connection)
        case .startProcess(let name, let plan):
            guard isAlive else { return refuse(connection) }
            processes.start(name, plan, of: connection) { [weak self] in
                self?.answer(connection, $0)
            }
        case .handOver(let pid):
            processes.handOver(connection, to: pid)
        case .attachInterface, .detachInterface, .addContainer:
            answer(connection, Failure(message: "the container has no machine of its own"))
        }
    }

    func answer(_ connection: ControlConnection, _ failure: Failure?) {
        connection.send(SandboxReply(failure: failure, status: status))
    }

    func refuse(_ connection: ControlConnection) {
        answer(connection, Failure(kind: .wrongState, message: "container not running"))
    }

    private func start(_ connection: ControlConnection) {
        guard case .created = stage else {
            return answer(
                connection,
                Failure(
                    kind: .wrongState, message: "cannot start a container that is not created"))
        }
        request(.startContainer(container: id)) { [weak self] reply in
            guard let self else { return }
            if reply.failure == nil, case .created = stage {
                stage = .running
                onStart()
            }
            answer(connection, reply.failure)
        }
    }

    private func ask(_ body: AgentRequest.Body, for connection: ControlConnection) {
        guard isAlive else { return refuse(connection) }
        switch body {
        case .signalProcess, .resizeTerminal, .updateContainer, .readCgroup, .listProcesses,
            .freezeContainer, .configureNetwork:
            request(body) { [weak self] reply in
                guard let self else { return }
                if case .freezeContainer(_, let frozen) = body, reply.failure == nil {
                    isPaused = frozen
                }
                var answer = SandboxReply(failure: reply.failure, status: status)
                answer.agent = reply
                connection.send(answer)
            }
        case .setUp, .createContainer, .startContainer, .startProcess, .deleteContainer,
            .shutdown, .removeNetwork:
            answer(connection, Failure(message: "the sandbox passes on no such request"))
        }
    }
}
