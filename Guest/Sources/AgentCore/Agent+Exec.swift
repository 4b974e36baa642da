internal import Glibc
internal import Linux
internal import Protocols

// One more process in a container that has been built.
extension Agent {
    func startProcess(
        _ name: String, of container: Container, _ plan: ProcessPlan, _ request: UInt64
    ) throws(Failure) {
        try PlanCheck.check(plan)
        let first = try firstProcess(of: container)
        guard !name.isEmpty, container.processes[name] == nil else {
            throw Failure(kind: .wrongState, message: "process \"\(name)\" exists already")
        }
        let isWaiting = plan.terminal || plan.oomScoreAdjustment != nil || hasSetOOMScore
        let program = try Program.process(
            plan, joining: container.namespaces, of: first.pid, waiting: isWaiting)
        try allowOpenFiles(plan.resourceLimits)
        let streams = try openStreams(plan, container.plan)
        do throws(Failure) {
            var place = Launch.Place()
            place.namespaces = first.launch.pidfd.rawValue
            // A process that joins a time namespace may not share its memory (setns(2)).
            if container.namespaces & CloneFlags.time != 0 { place.flags = 0 }
            let launch = try launchInside(
                container, first, program, streams, &place, cgroup: plan.cgroup)
            let process = try watch(launch, name, streams, of: container, plan)
            process.isReady = !isWaiting
            process.pendingReply = request
        } catch {
            streams.cancel()
            throw error
        }
    }

    /// Clones a child into the pid namespace of the container.
    func launchInside(
        _ container: Container, _ first: ContainerProcess, _ program: Program,
        _ streams: ProcessStreams, _ place: inout Launch.Place, cgroup: String = ""
    ) throws(Failure) -> Launch {
        let isOwn = container.namespaces & CloneFlags.process != 0
        return try inProcessNamespace(of: isOwn ? first : nil) { () throws(Failure) in
            try launch(program, streams, &place, below: container, first, cgroup)
        }
    }

    /// Clones a child in the pid namespace of a process, if there is one: whoever joins a pid namespace stays outside, but
    /// its next children are born inside. So the agent joins, clones and comes back.
    func inProcessNamespace(
        of process: ContainerProcess?, _ clone: () throws(Failure) -> Launch
    ) throws(Failure) -> Launch {
        guard let process else { return try clone() }
        let flag = Int32(CloneFlags.process)
        let action = Action.step("join the pid namespace of the container")
        do throws(Errno) {
            try Processes.joinNamespaces(of: process.launch.pidfd, flag)
        } catch {
            throw action.failure(error)
        }
        defer {
            do throws(Errno) {
                try Processes.joinNamespaces(of: Processes.current(), flag)
            } catch {
                // All further children would be born in the wrong place.
                Log.write(.error, "cannot come back from a pid namespace: \(error)")
                ending = .hostLost
            }
        }
        return try clone()
    }

    /// Clones a child in the container's cgroup, or in one below. A container that has made cgroups below its own and hands
    /// controllers down to them has no place for processes there (cgroup-v2.rst, "No Internal Process Constraint"):
    /// then, as with runc, a process that asks for none goes where the init process is.
    private func launch(
        _ program: Program, _ streams: ProcessStreams, _ place: inout Launch.Place,
        below container: Container, _ first: ContainerProcess, _ path: String
    ) throws(Failure) -> Launch {
        guard let cgroup = container.cgroup?.below(path) else {
            return try launch(program, streams, &place, nil)
        }
        let folder = try cgroup.openForProcess()
        do throws(Failure) {
            return try launch(program, streams, &place, folder)
        } catch {
            guard error.errorNumber == UInt32(EBUSY) else { throw error }
            guard path.isEmpty, let other = Cgroup(of: first.pid) else {
                throw cgroup.refusal(Errno(rawValue: EBUSY))
            }
            return try launch(program, streams, &place, other.openForProcess())
        }
    }

    /// The init process of a container that can have one more process. It may still wait before its program: it is in
    /// its place by then, and engines run processes beside it (podman's and buildah's `exec` of a created container).
    /// In a frozen container the process is born frozen, and goes on its way when the others do.
    private func firstProcess(of container: Container) throws(Failure) -> ContainerProcess {
        guard container.isUp, let first = container.processes[""], !first.hasEnded else {
            throw Failure(
                kind: .wrongState, message: "cannot exec in a container that is not running")
        }
        return first
    }
}

extension Cgroup {
    fileprivate func openForProcess() throws(Failure) -> SharedFD {
        do throws(Failure) {
            return SharedFD(try open())
        } catch {
            throw refusal(Errno(rawValue: Int32(truncatingIfNeeded: error.errorNumber)))
        }
    }

    /// runc's words.
    fileprivate func refusal(_ error: Errno) -> Failure {
        Action.step("error adding pid of the process to cgroups: \(path)/cgroup.procs")
            .failure(error)
    }
}
