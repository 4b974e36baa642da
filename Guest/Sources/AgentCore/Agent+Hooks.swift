internal import Glibc
internal import Linux
internal import Protocols

// startContainer hooks (OCI runtime specification, "StartContainer Hooks"): they run in the container, when it is to be
// started and before its program is executed. As with runc they run as its process will: with its user, its
// capabilities and its limits.
extension Agent {
    /// Runs the hooks, and then has the init process execute its program.
    func runHooks(
        of container: Container, before first: ContainerProcess, _ request: UInt64
    ) throws(Failure) {
        let run = HookRun(request: request)
        container.hooks = run
        do throws(Failure) {
            try launchHook(run, of: container, first)
        } catch {
            container.hooks = nil
            try? first.signal(9)
            throw error
        }
    }

    private func launchHook(
        _ run: HookRun, of container: Container, _ first: ContainerProcess
    ) throws(Failure) {
        let hook = container.plan.startContainerHooks[run.index]
        do throws(Failure) {
            let program = try Program.hook(hook, container.plan, of: first.pid)
            let deadline = deadline(of: hook, run)
            let streams = try hookStreams(container.plan.hookState)
            // Memory of its own: whoever shares the agent's needs a look after its score (`prepareExecution`).
            var place = Launch.Place()
            place.flags = 0
            place.namespaces = first.launch.pidfd.rawValue
            let launch = try launchInside(container, first, program, streams, &place)
            streams.closeChildEnds()
            let process = try watch(launch, streams, run)
            owners[launch.pid] = (container, process)
            run.began(process, deadline)
        } catch {
            throw run.failure(of: error.message)
        }
    }

    private func watch(
        _ launch: Launch, _ streams: ProcessStreams, _ run: HookRun
    ) throws(Failure) -> ContainerProcess {
        do throws(Errno) {
            let process = try ContainerProcess(
                loop, name: "", launch: launch, streams: streams, oomScore: nil
            ) { [unowned run] _, event in
                if case .failed(let failure) = event { run.failed(failure) }
            }
            process.isReady = true
            return process
        } catch {
            try? Processes.signal(launch.pidfd, 9)
            throw Action.step("watch the process").failure(error)
        }
    }

    private func deadline(of hook: Hook, _ run: HookRun) -> Deadline? {
        let seconds = hook.timeoutSeconds
        guard seconds > 0 else { return nil }
        return Deadline(loop: loop, milliseconds: Int64(seconds) * 1000) { [unowned run] in
            run.ranOut(seconds: seconds)
        }
    }

    /// Its input is the container's state, a file in memory, and its output goes nowhere.
    private func hookStreams(_ state: String) throws(Failure) -> ProcessStreams {
        do throws(Errno) {
            let file = try OwnedFD.memoryFile("state")
            try file.writeAll(Array(state.utf8))
            _ = try file.seek(to: 0, whence: SEEK_SET)
            return try ProcessStreams(loop, input: file)
        } catch {
            throw Action.step("hand over the state").failure(error)
        }
    }

    /// One of the hooks has ended.
    func hookEnded(_ run: HookRun, of container: Container, _ end: ProcessEnd) {
        let failure = run.ended(end)
        do throws(Failure) {
            guard let first = container.processes[""], !first.hasEnded else {
                throw failure
                    ?? Failure(
                        kind: .wrongState,
                        message: "the container has ended before its program was executed")
            }
            if let failure { throw failure }
            guard run.index < container.plan.startContainerHooks.count else {
                container.hooks = nil
                return try execute(first, of: container, run.request)
            }
            try launchHook(run, of: container, first)
        } catch {
            container.hooks = nil
            try? container.processes[""]?.signal(9)
            reply(run.request, failure: error)
        }
        if container.pendingDelete != nil { finishDelete(container) }
    }
}
