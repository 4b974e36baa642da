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
        guard case .creating = stage else {
            let signal = ProcessSignal(
                container: configuration.container.id, signal: UInt32(signal))
            agent?.request(.signalProcess(signal)) { _ in }
            return
        }
        if [SIGTERM, SIGINT, SIGHUP, SIGQUIT].contains(signal) { finish(128 + signal) }
    }

    func handle(_ request: SandboxRequest, from connection: ControlConnection) {
        guard let container else { return }
        switch request.body {
        case .attachInterface(let interface) where request.container == container.id:
            attach(interface, for: connection)
        case .detachInterface(let slot) where request.container == container.id:
            detach(slot, for: connection)
        case .addContainer(let plan, let shares):
            guard container.isAlive else { return container.refuse(connection) }
            add(plan, shares, of: connection)
        case _ where request.container == container.id:
            container.handle(request.body, from: connection)
        default:
            guard let other = added[request.container] else {
                let failure = Failure(kind: .notFound, message: "container does not exist")
                return container.answer(connection, failure)
            }
            other.handle(request.body, from: connection)
        }
    }

    private func attach(_ interface: NetworkInterface, for connection: ControlConnection) {
        guard let container else { return }
        guard container.isAlive else { return container.refuse(connection) }
        let ends = connection.takeDescriptors()
        guard ends.count > 0 else {
            return container.answer(connection, Failure(message: "the interface needs a tap"))
        }
        do throws(Failure) {
            try devices?.attach(ends, for: interface)
        } catch {
            return container.answer(connection, error)
        }
        let id = configuration.container.id
        agent?.request(.configureNetwork(container: id, interface)) { [weak self] reply in
            if reply.failure != nil { self?.devices?.detachCard(interface.slot) }
            container.answer(connection, reply.failure)
        }
    }

    private func detach(_ slot: UInt32, for connection: ControlConnection) {
        guard let container else { return }
        guard container.isAlive else { return container.refuse(connection) }
        agent?.request(.removeNetwork(container: container.id, slot: slot)) { [weak self] reply in
            // Whatever the guest says: the other end is gone.
            self?.devices?.detachCard(slot)
            container.answer(connection, reply.failure)
        }
    }
}
