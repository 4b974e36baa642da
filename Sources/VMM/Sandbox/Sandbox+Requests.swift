internal import Glibc
internal import Linux
internal import Protocols

// What others ask for.
extension Sandbox {
    func received(signal: Int32) {
        if signal == SIGWINCH, let size = terminal?.size {
            let size = TerminalSize(
                container: configuration.container.id, rows: size.rows, columns: size.columns)
            agent?.request(.resizeTerminal(size)) { _ in }
            return
        }
        guard case .creating = state else {
            let signal = ProcessSignal(
                container: configuration.container.id, signal: UInt32(signal))
            agent?.request(.signalProcess(signal)) { _ in }
            return
        }
        if [SIGTERM, SIGINT, SIGHUP, SIGQUIT].contains(signal) { finish(128 + signal) }
    }

    private var status: SandboxReply.Status {
        switch state {
        case .creating: .creating
        case .created: isPaused ? .paused : .created
        case .running: isPaused ? .paused : .running
        case .ending: .stopped
        }
    }

    func handle(_ request: SandboxRequest, from connection: ControlConnection) {
        guard request.container == configuration.container.id else {
            let failure = Failure(kind: .notFound, message: "container does not exist")
            return answer(connection, failure)
        }
        switch request.body {
        case .query:
            var reply = SandboxReply(status: status)
            reply.standIns = execs?.standIns ?? []
            connection.send(reply)
        case .start:
            start(connection)
        case .agent(let body):
            ask(body, for: connection)
        case .startProcess(let name, let plan):
            guard isAlive, let execs else { return refuse(connection) }
            execs.start(name, plan, of: connection) { [weak self] in self?.answer(connection, $0) }
        case .handOver(let pid):
            execs?.handOver(connection, to: pid)
        case .attachInterface(let interface):
            attach(interface, for: connection)
        case .detachInterface(let slot):
            detach(slot, for: connection)
        }
    }

    private func answer(_ connection: ControlConnection, _ failure: Failure?) {
        connection.send(SandboxReply(failure: failure, status: status))
    }

    /// There is a container of which the agent can be asked.
    private var isAlive: Bool {
        switch state {
        case .created, .running: true
        case .creating, .ending: false
        }
    }

    private func refuse(_ connection: ControlConnection) {
        answer(connection, Failure(kind: .wrongState, message: "container not running"))
    }

    private func start(_ connection: ControlConnection) {
        guard case .created = state else {
            return answer(
                connection,
                Failure(
                    kind: .wrongState, message: "cannot start a container that is not created"))
        }
        agent?.request(.startContainer(container: configuration.container.id)) {
            [weak self] reply in
            guard let self else { return }
            if reply.failure == nil, case .created = state { begin() }
            answer(connection, reply.failure)
        }
    }

    private func attach(_ interface: NetworkInterface, for connection: ControlConnection) {
        guard isAlive else { return refuse(connection) }
        guard let end = connection.takeDescriptors().takeFirst() else {
            return answer(connection, Failure(message: "the interface needs a tap"))
        }
        do throws(Failure) {
            try devices?.attach(end, for: interface)
        } catch {
            return answer(connection, error)
        }
        let container = configuration.container.id
        agent?.request(.configureNetwork(container: container, interface)) { [weak self] reply in
            if reply.failure != nil { self?.devices?.detachCard(interface.slot) }
            self?.answer(connection, reply.failure)
        }
    }

    private func detach(_ slot: UInt32, for connection: ControlConnection) {
        guard isAlive else { return refuse(connection) }
        let container = configuration.container.id
        agent?.request(.removeNetwork(container: container, slot: slot)) { [weak self] reply in
            // Whatever the guest says: the other end is gone.
            self?.devices?.detachCard(slot)
            self?.answer(connection, reply.failure)
        }
    }

    private func ask(_ body: AgentRequest.Body, for connection: ControlConnection) {
        guard isAlive else { return refuse(connection) }
        switch body {
        case .signalProcess, .resizeTerminal, .updateContainer, .readCgroup, .listProcesses,
            .freezeContainer, .configureNetwork:
            agent?.request(body) { [weak self] reply in
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
