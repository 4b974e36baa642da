internal import Linux
internal import Protocols

// Children on their way to their programs.
extension Agent {
    /// Connects the streams of a process of a container.
    func openStreams(
        _ plan: ProcessPlan, _ container: ContainerPlan
    ) throws(Failure) -> ProcessStreams {
        do throws(Errno) {
            let streams = try ProcessStreams(loop, plan) { port throws(Errno) in
                if let spare = spares.takeConnection(toPort: port) { return spare }
                return try options.transport.connect(toPort: port)
            }
            if container.namespaces & CloneFlags.user != 0,
                let user = container.uidMappings.hostID(of: plan.uid)
            {
                try streams.giveChildEnds(to: user)
            }
            return streams
        } catch {
            throw Action.step("connect the streams").failure(error)
        }
    }

    /// Lets a container have as many files open as its limits say, whatever the kernel's own limit was.
    func allowOpenFiles(_ limits: [ResourceLimit]) throws(Failure) {
        guard options.isMachine, let number = OpenFiles.maximum(for: limits),
            number > openFilesMaximum
        else { return }
        try OpenFiles.setMaximum(number)
        openFilesMaximum = number
    }

    /// Clones a child.
    func launch(
        _ program: Program, _ streams: ProcessStreams, _ place: inout Launch.Place,
        _ cgroup: SharedFD?
    ) throws(Failure) -> Launch {
        place.cgroup = cgroup?.descriptor.rawValue ?? -1
        defer { withExtendedLifetime(cgroup) {} }
        do throws(Errno) {
            return try Launch(program, streams: streams.childDescriptors, at: place)
        } catch {
            throw Action.step("clone").failure(error)
        }
    }

    /// Takes a child into its container.
    func watch(
        _ launch: Launch, _ name: String, _ streams: ProcessStreams, of container: Container,
        _ plan: ProcessPlan
    ) throws(Failure) -> ContainerProcess {
        streams.closeChildEnds()
        do throws(Errno) {
            let process = try ContainerProcess(
                loop, name: name, launch: launch, streams: streams,
                oomScore: plan.oomScoreAdjustment
            ) { [unowned self, unowned container] in launched($0, of: container, $1) }
            container.processes[name] = process
            owners[launch.pid] = (container, process)
            return process
        } catch {
            try? Processes.signal(launch.pidfd, 9)
            throw Action.step("watch the process").failure(error)
        }
    }

    /// What must be done to a child that waits, before it may execute its program.
    func prepareExecution(
        _ process: ContainerProcess, _ container: Container
    ) throws(Failure) {
        // A score goes to all processes that share memory, which waiting children do with one another; so
        // once there was one, each gets its own just before it leaves that memory.
        if process.oomScore != nil || hasSetOOMScore {
            hasSetOOMScore = true
            try NamespaceFiles.writeOOMScore(process.oomScore ?? 0, of: process.pid)
        }
    }

    private func launched(
        _ process: ContainerProcess, of container: Container, _ event: ContainerProcess.Event
    ) {
        do throws(Failure) {
            switch event {
            case .needsMaps:
                try NamespaceFiles.writeMaps(container.plan, of: process.pid)
                process.launch.proceed()
            case .ready where process.name.isEmpty:
                try NamespaceFiles.writeTimeOffsets(container.plan, of: process.pid)
                try setLimits(of: process, container.plan)
                container.state = .created
                announce(process)
            case .ready:
                try prepareExecution(process, container)
                process.launch.proceed()
            case .executed:
                if process.name.isEmpty, case .created = container.state {
                    container.state = .running
                }
                announce(process)
            case .failed(let failure):
                failed(process, of: container, failure)
            }
        } catch {
            try? process.signal(9)
            failed(process, of: container, error)
        }
    }

    /// A process that was born in a user namespace cannot raise its limits.
    private func setLimits(
        of process: ContainerProcess, _ plan: ContainerPlan
    ) throws(Failure) {
        guard plan.namespaces & CloneFlags.user != 0 else { return }
        for limit in plan.process.resourceLimits { try limit.set(for: process.pid) }
    }

    private func announce(_ process: ContainerProcess) {
        process.isAnnounced = true
        if let request = process.pendingReply.take() { reply(request, pid: process.pid) }
    }

    private func failed(
        _ process: ContainerProcess, of container: Container, _ failure: Failure
    ) {
        if process.name.isEmpty && !process.isAnnounced { container.isAbandoned = true }
        guard let request = process.pendingReply.take() else { return }
        if process.isAnnounced {
            reply(request, failure: failure)
        } else {
            process.refusal = (request, failure)
        }
    }
}

/// A descriptor that several hold, or that there may be none of.
final class SharedFD {
    let descriptor: OwnedFD

    init(_ descriptor: consuming OwnedFD) {
        self.descriptor = descriptor
    }
}

extension Container {
    /// The folder of its cgroup, where it has one.
    func openCgroup() throws(Failure) -> SharedFD? {
        guard let cgroup else { return nil }
        return SharedFD(try cgroup.open())
    }
}

extension ContainerProcess {
    /// Sends a signal for a request.
    func send(_ number: Int32) throws(Failure) {
        do throws(Errno) {
            try signal(number)
        } catch .noSuchProcess {
            throw Failure(kind: .wrongState, message: "process already finished")
        } catch {
            throw Action.path("send signal", "\(number)").failure(error)
        }
    }
}
