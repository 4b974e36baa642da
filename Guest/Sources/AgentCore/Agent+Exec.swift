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
            let launch = try launchInside(container, first, program, streams, &place)
            let process = try watch(launch, name, streams, of: container, plan)
            process.isReady = !isWaiting
            process.pendingReply = request
        } catch {
            streams.cancel()
            throw error
        }
    }

    /// Clones a child into the pid namespace of the container: whoever joins one stays outside, but its
    /// next children are born inside. So the agent joins, clones and comes back.
    func launchInside(
        _ container: Container, _ first: ContainerProcess, _ program: Program,
        _ streams: ProcessStreams, _ place: inout Launch.Place
    ) throws(Failure) -> Launch {
        let cgroup = try container.openCgroup()
        guard container.namespaces & CloneFlags.process != 0 else {
            return try launch(program, streams, &place, cgroup)
        }
        let flag = Int32(CloneFlags.process)
        let action = Action.step("join the pid namespace of the container")
        do throws(Errno) {
            try Processes.joinNamespaces(of: first.launch.pidfd, flag)
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
        return try launch(program, streams, &place, cgroup)
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
