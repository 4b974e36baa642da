internal import Linux
internal import OCISpec
internal import Protocols

/// A container that has just been made, in the hands of the verb that has made it.
struct MadeContainer: ~Copyable {
    let sandbox: SandboxProcess
    let directory: ContainerDirectory
    let hooks: ContainerHooks
    /// The container has ended, and nothing of it is to stay.
    var isToBeRemoved = false
}

extension PreparedContainer {
    /// Makes the container, whose process waits, and lets `use` have it. Whatever fails, `use` among it, is gone
    /// when this returns, kill -9 of this process included.
    func make<Result>(
        _ log: Log, then use: (inout MadeContainer) throws(RuntimeError) -> Result
    ) throws(RuntimeError) -> Result {
        let root = try ContainerDirectory.openRoot(request.root)
        let guardian: Guard
        do throws(Errno) {
            guardian = try Guard(
                in: root, name: request.id.text, temporary: ContainerDirectory.temporaryName,
                terminal: hostTerminal?.descriptor.rawValue)
        } catch {
            throw .system("fork", error)
        }
        let result = guarded(guardian, root: root, log, use)
        guardian.dismiss()
        return try result.get()
    }

    private func guarded<Result>(
        _ guardian: borrowing Guard, root: consuming OwnedFD, _ log: Log,
        _ use: (inout MadeContainer) throws(RuntimeError) -> Result
    ) -> Swift.Result<Result, RuntimeError> {
        do throws(RuntimeError) {
            let directory = try ContainerDirectory.create(
                request.id, root: root, guarded: guardian)
            return carryOut(in: directory, guarded: guardian, log, use)
        } catch {
            return .failure(error)
        }
    }

    private func carryOut<Result>(
        in directory: consuming ContainerDirectory, guarded guardian: borrowing Guard, _ log: Log,
        _ use: (inout MadeContainer) throws(RuntimeError) -> Result
    ) -> Swift.Result<Result, RuntimeError> {
        let sandbox: SandboxProcess
        do throws(RuntimeError) {
            try directory.writeConfiguration(configurationText)
            try directory.writeFilter(of: plan.container.process)
            try placement.make(guarded: guardian, log)
            sandbox =
                if let machine {
                    try makeStandIn(in: directory, of: machine, guarded: guardian, log)
                } else {
                    try makeSandbox(in: directory, guarded: guardian, log)
                }
        } catch {
            placement.remove()
            directory.remove()
            ContainerHooks(hooks, of: record).runPoststop(log)
            return .failure(error)
        }
        var record = record
        record.process = sandbox.identity
        var made = MadeContainer(
            sandbox: sandbox, directory: directory, hooks: ContainerHooks(hooks, of: record))
        do throws(RuntimeError) {
            log.passOn(of: sandbox)
            let result = try use(&made)
            if made.isToBeRemoved { remove(made, log) }
            return .success(result)
        } catch {
            sandbox.kill()
            log.passOn(of: sandbox)
            log.write(.debug, "the sandbox process is gone")
            remove(made, log)
            return .failure(error)
        }
    }

    /// Takes away what belongs to a container whose sandbox is gone.
    private func remove(_ made: consuming MadeContainer, _ log: Log) {
        let hooks = made.hooks
        if let record = made.directory.readState() {
            record.removeNetwork()
        }
        placement.remove()
        made.directory.remove()
        hooks.runPoststop(log)
    }

    /// A sandbox whose container's process exists and waits.
    private func makeSandbox(
        in directory: borrowing ContainerDirectory, guarded guardian: borrowing Guard, _ log: Log
    ) throws(RuntimeError) -> SandboxProcess {
        var supply = MachineSupply(
            plan.machine, files.machine, launcher, templates: request.templates)
        while true {
            let start = try supply.next(log)
            let sandbox = try launcher.launch(
                plan, files, streams, from: start, in: directory, placement: placement)
            log.phase("launched")
            do throws(RuntimeError) {
                try create(sandbox, in: directory, guarded: guardian) {
                    (record, hookState) throws(RuntimeError) in
                    try sandbox.configure(hookState: hookState, orFail: "start the sandbox")
                    try sandbox.waitUntilCreated()
                    try carryOver(&record, of: sandbox, in: directory, guarded: guardian)
                }
                try placement.limitProcessors(log)
                return sandbox
            } catch {
                sandbox.kill()
                // Its last lines say what the machine was at.
                log.passOn(of: sandbox)
                guard case .template(let template) = start,
                    case .container(let failure) = error, failure.kind == .badTemplate
                else { throw error }
                supply.refused(template, failure.message, log)
            }
        }
    }

    /// What stands for a container that is created in the machine of another one.
    private func makeStandIn(
        in directory: borrowing ContainerDirectory, of machine: SharedMachine,
        guarded guardian: borrowing Guard, _ log: Log
    ) throws(RuntimeError) -> SandboxProcess {
        let neighbour = try ContainerDirectory.open(machine.neighbour, root: request.root)
        try directory.shareSocket(of: neighbour)
        var client = try SandboxClient(directory)
        let standIn = try launcher.launchStandIn(
            for: request.id, client, streams, in: directory, placement: placement)
        do throws(RuntimeError) {
            try create(standIn, in: directory, guarded: guardian) {
                (_, hookState) throws(RuntimeError) in
                var addition = try AddedContainer(plan, files)
                addition.plan.hookState = hookState
                try client.addContainer(addition.plan, addition.shares, streams)
                standIn.handOver()
            }
            try placement.limitProcessors(log)
            return standIn
        } catch {
            standIn.kill()
            log.passOn(of: standIn)
            throw error
        }
    }

    /// Returns when the container's process exists and waits, which is `begin`'s to bring about.
    private func create(
        _ sandbox: SandboxProcess, in directory: borrowing ContainerDirectory,
        guarded guardian: borrowing Guard,
        begin: (inout StateRecord, _ hookState: String) throws(RuntimeError) -> Void
    ) throws(RuntimeError) {
        // Only now: without its configuration the process ends by itself, with it only by its guard.
        try RuntimeError.wrap("start the sandbox") { () throws(Errno) in
            try guardian.protect(sandbox.child)
        }
        var record = record
        record.process = sandbox.identity
        try directory.write(record)
        let hooks = ContainerHooks(hooks, of: record)
        for kind in [HookKind.prestart, .createRuntime, .createContainer] {
            try hooks.run(kind, .creating)
        }
        try begin(&record, hooks.state(.created))
    }

    /// From the listening on no change is missed. Without a namespace of somebody else's and without hooks nobody has made
    /// interfaces by now.
    private func carryOver(
        _ record: inout StateRecord, of sandbox: SandboxProcess,
        in directory: borrowing ContainerDirectory, guarded guardian: borrowing Guard
    ) throws(RuntimeError) {
        guard !plan.network.isUser else {
            return try attachUserNetwork(&record, in: directory)
        }
        guard let listener = try NetworkWiring.listen(of: record.pid) else { return }
        do throws(RuntimeError) {
            if !record.networkPath.isEmpty || hooks != nil {
                var client = try SandboxClient(directory)
                try NetworkWiring.bringUpToDate(&record, in: directory, &client) {
                    (socket, message) throws(Errno) in
                    try guardian.protect(socket: socket, sending: message)
                }
            }
            let watcher = try launcher.launchWatcher(
                of: sandbox.child, listener, in: directory, placement: placement)
            record.networkProcess = ProcessIdentity(running: watcher.pid)
            try directory.write(record)
        } catch {
            NetworkWiring.remove(record.interfaces, of: record.pid)
            throw error
        }
    }

    private func attachUserNetwork(
        _ record: inout StateRecord, in directory: borrowing ContainerDirectory
    ) throws(RuntimeError) {
        let network = try UserNetwork.start(
            plan.network, passt: request.installation.network.passt, placement: placement)
        record.networkProcess = ProcessIdentity(running: network.process.pid)
        try directory.write(record)
        var client = try SandboxClient(directory)
        var interface = network.interface
        try NetworkRates(record.annotations).apply(to: &interface)
        try client.attach(interface, [network.stream.rawValue])
    }

    /// Tells those who wait for the container of its process.
    func announce(_ sandbox: SandboxProcess) throws(RuntimeError) {
        try streams.announce(to: request.consoleSocket)
        if let path = request.pidFile { try PIDFile.write(sandbox.child.pid, to: path) }
    }
}
