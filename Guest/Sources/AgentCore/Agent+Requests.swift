internal import Linux
internal import Protocols

// Requests of the host. Each is answered once: at once, or when the child that it made has come far enough.
extension Agent {
    func handle(_ request: AgentRequest) {
        do throws(Failure) {
            switch request.body {
            case .setUp(let setUp):
                try options.isMachine ? MachineSetUp.carryOut(setUp) : ()
                isSetUp = true
                reply(request.id)
            case .createContainer(let plan): try createContainer(plan, request.id)
            case .startContainer(let id): try startContainer(id, request.id)
            case .startProcess(let id, let name, let plan):
                try startProcess(name, of: container(id), plan, request.id)
            case .signalProcess(let signal):
                try send(signal)
                reply(request.id)
            case .resizeTerminal(let size):
                try resize(size)
                reply(request.id)
            case .deleteContainer(let id): try deleteContainer(id, request.id)
            case .shutdown: ending = .shutdown(request: request.id)
            case .freezeContainer(let id, let frozen):
                try freezeContainer(container(id), frozen, request.id)
            case .updateContainer(let id, let settings):
                try updateContainer(container(id), settings)
                reply(request.id)
            case .readCgroup(let id, let names):
                try readCgroup(container(id), names, request.id)
            case .configureNetwork(let id, let interface):
                try configure(interface, of: container(id), process("", of: id).pid)
                reply(request.id)
            case .removeNetwork(let id, let slot):
                let container = try container(id)
                if let carried = container.interfaces[slot] {
                    try NetworkSetUp.remove(carried, in: process("", of: id).pid)
                    container.interfaces[slot] = nil
                }
                reply(request.id)
            case .listProcesses(let id):
                var answer = AgentReply(id: request.id)
                answer.processes = try ProcessTable.entries(of: container(id).pids)
                channel?.send(.reply(answer))
            }
        } catch {
            reply(request.id, failure: error)
        }
    }

    private func container(_ id: String) throws(Failure) -> Container {
        guard let container = containers[id], !container.isAbandoned else {
            throw Failure(kind: .notFound, message: "container \"\(id)\" does not exist")
        }
        return container
    }

    private func process(_ name: String, of id: String) throws(Failure) -> ContainerProcess {
        let container = try container(id)
        guard let process = container.processes[name], !process.hasEnded else {
            // runc's words, which callers know.
            throw Failure(
                kind: name.isEmpty ? .wrongState : .notFound, message: "process already finished")
        }
        return process
    }

    private func createContainer(_ plan: ContainerPlan, _ request: UInt64) throws(Failure) {
        try PlanCheck.check(plan)
        guard isSetUp else {
            throw Failure(kind: .wrongState, message: "the machine has not been set up")
        }
        guard containers[plan.id] == nil else {
            throw Failure(
                kind: .wrongState, message: "container \"\(plan.id)\" exists already")
        }
        try mountShare()
        let container = try Container(plan, spares)
        do throws(Failure) {
            try container.cgroup?.create(plan.cgroupSettings)
            try launchInit(of: container, request)
        } catch {
            _ = container.cgroup?.remove()
            throw error
        }
        containers[plan.id] = container
    }

    private func launchInit(of container: Container, _ request: UInt64) throws(Failure) {
        let plan = container.plan
        let program = try Program.container(plan, joining: container.joinedAtFirst)
        let neighbour =
            plan.joinedNamespaces == 0 ? nil : try process("", of: plan.joinedContainer)
        let cgroup = try container.openCgroup()
        if let cgroup { try spares.attach(DeviceFilter(plan.deviceRules), to: cgroup) }
        try allowOpenFiles(plan.process.resourceLimits)
        if plan.namespaces & CloneFlags.user != 0 { try Program.devicesToBind(plan).run() }
        let streams = try openStreams(plan.process, plan)
        do throws(Failure) {
            // The cgroup namespace is made by the child, when it is in its cgroup.
            var place = Launch.Place()
            place.flags |=
                container.namespaces
                & ~(CloneFlags.cgroup | container.joinedAtFirst | plan.joinedNamespaces)
            if let pidfd = neighbour?.launch.pidfd.rawValue
                ?? container.network?.descriptor.rawValue
            {
                place.namespaces = pidfd
            }
            let joinsProcesses = plan.joinedNamespaces & CloneFlags.process != 0
            let launch = try inProcessNamespace(of: joinsProcesses ? neighbour : nil) {
                () throws(Failure) in try self.launch(program, streams, &place, cgroup)
            }
            let process = try watch(launch, "", streams, of: container, plan.process)
            process.pendingReply = request
        } catch {
            streams.cancel()
            throw error
        }
    }

    private func startContainer(_ id: String, _ request: UInt64) throws(Failure) {
        let container = try container(id)
        guard case .created = container.state, let process = container.processes[""],
            process.pendingReply == nil, container.hooks == nil
        else {
            throw Failure(
                kind: .wrongState,
                message: "cannot start a container that is not in the created state")
        }
        guard !container.isFrozen else {
            throw Failure(
                kind: .wrongState, message: "cannot start a container in the paused state")
        }
        guard container.plan.startContainerHooks.isEmpty else {
            return try runHooks(of: container, before: process, request)
        }
        try execute(process, of: container, request)
    }

    /// Lets the init process execute its program.
    func execute(
        _ process: ContainerProcess, of container: Container, _ request: UInt64
    ) throws(Failure) {
        try prepareExecution(process, container)
        process.pendingReply = request
        process.launch.proceed()
    }

    private func configure(
        _ interface: NetworkInterface, of container: Container, _ process: Int32
    ) throws(Failure) {
        guard var carried = container.interfaces[interface.slot] else {
            container.interfaces[interface.slot] = try NetworkSetUp.carryOut(
                interface, in: process, sysctls: container.plan.sysctls)
            return
        }
        defer { container.interfaces[interface.slot] = carried }
        try NetworkSetUp.change(&carried, to: interface, in: process)
    }

    private func send(_ signal: ProcessSignal) throws(Failure) {
        let number = Int32(truncatingIfNeeded: signal.signal)
        guard signal.all else {
            return try process(signal.process, of: signal.container).send(number)
        }
        try container(signal.container).signalAll(number)
    }

    private func resize(_ size: TerminalSize) throws(Failure) {
        let process = try process(size.process, of: size.container)
        do throws(Errno) {
            try process.streams.resize(rows: size.rows, columns: size.columns)
        } catch {
            throw Action.step("resize the terminal").failure(error)
        }
    }

    private func deleteContainer(_ id: String, _ request: UInt64) throws(Failure) {
        let container = try container(id)
        guard container.pendingDelete == nil else {
            throw Failure(kind: .wrongState, message: "the container is being deleted already")
        }
        container.pendingDelete = request
        container.freezing?.cancel()
        container.kill()
        finishDelete(container)
    }

    /// Answers the request to delete a container when nothing of it is left.
    func finishDelete(_ container: Container) {
        guard let request = container.pendingDelete, container.processes.isEmpty,
            container.hooks == nil
        else { return }
        if let cgroup = container.cgroup, !cgroup.remove() {
            container.deleteAttempts += 1
            guard container.deleteAttempts >= Agent.deleteAttempts else { return cgroup.kill() }
            container.pendingDelete = nil
            return reply(
                request,
                failure: Failure(
                    message: "the cgroup of container \"\(container.id)\" does not get empty"))
        }
        containers[container.id] = nil
        reply(request)
    }
}
