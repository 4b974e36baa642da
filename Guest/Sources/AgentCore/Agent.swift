internal import Glibc
internal import Linux
internal import Protocols

/// The agent: PID 1 of a guest, which builds containers as the host asks for them.
///
/// Everything runs on one thread, in one event loop. Nothing in it waits for a container: children report
/// on pipes, streams are carried as they come, and ends of processes arrive as SIGCHLD.
final class Agent {
    let options: AgentOptions
    let loop: EventLoop
    let signals: SignalFD
    let spares = Spares()
    var channel: ControlChannel?
    var containers: [String: Container] = [:]
    /// Where a process of that pid belongs.
    var owners: [Int32: (container: Container, process: ContainerProcess)] = [:]
    var isShareMounted = false
    /// The host has made this machine different from those that it may be a copy of.
    var isSetUp = false
    /// Some process has been given a score, which those that share the agent's memory get, too.
    var hasSetOOMScore = false
    /// What the kernel allows by now (`OpenFiles`).
    var openFilesMaximum = OpenFiles.initial
    var ending: Ending?

    /// Why the agent comes to an end.
    enum Ending {
        /// The request is answered when all that was written has reached the host.
        case shutdown(request: UInt64)
        case hostLost
    }

    /// How long the removal of a container's cgroup is tried again, in milliseconds per try and tries.
    private static let retryInterval: Int32 = 20
    static let deleteAttempts = 500

    init(_ options: AgentOptions) throws(Errno) {
        self.options = options
        loop = try EventLoop()
        signals = try SignalFD(blocking: .all)
        _ = try loop.add(signals.descriptor, .readable) { [unowned self] _ in reap() }
    }

    /// Connects to the host and serves it to the end.
    func run() throws {
        if options.makesSpares {
            spares.make(options.transport)
            try mountShare()
        }
        try connect()
        while ending == nil {
            let isWaiting = containers.values.contains { $0.pendingDelete != nil }
            try loop.runOnce(timeoutMilliseconds: isWaiting ? Agent.retryInterval : -1)
            for container in containers.values where container.pendingDelete != nil {
                finishDelete(container)
            }
        }
        shutDown()
    }

    /// Connects to the host. A machine that becomes a template stays in here, and its copies come out.
    private func connect() throws(Errno) {
        // Before the wait, so that it is no work of the copies.
        let release = (try? KernelFile.read("/proc/sys/kernel/osrelease")) ?? ""
        let text = release.split(separator: "\n").first.map { String($0) } ?? ""
        let socket = try options.transport.connect(toPort: agentPort)
        channel = try ControlChannel(loop, socket) { [unowned self] in received($0) }
        channel?.send(.ready(protocolVersion: protocolVersion, kernelRelease: text))
    }

    /// Mounts the share of the host, once; what is in it comes with the containers.
    func mountShare() throws(Failure) {
        if !isShareMounted && options.isMachine { try GuestRoot.mountShare() }
        isShareMounted = true
    }

    private func received(_ event: ControlChannel.Event) {
        switch event {
        case .request(let request):
            handle(request)
        case .garbage(let error):
            Log.write(.error, "the host sent no request: \(error)")
            ending = .hostLost
        case .ended:
            channel = nil
            ending = .hostLost
        }
    }

    /// Waits for all that have ended.
    private func reap() {
        while signals.next() != nil {}
        while let (pid, end) = Processes.reapNext() {
            // Others are orphans of containers, for whom PID 1 waits as any init does.
            guard let (container, process) = owners.removeValue(forKey: pid) else { continue }
            process.ended()
            if let run = container.hooks, run.process === process {
                hookEnded(run, of: container, end)
            } else {
                processEnded(process, of: container, end)
            }
        }
    }

    private func processEnded(
        _ process: ContainerProcess, of container: Container, _ end: ProcessEnd
    ) {
        if process.name.isEmpty {
            container.state = .stopped
            container.hooks?.kill()
        }
        guard process.isAnnounced else {
            process.streams.cancel()
            return forget(process, of: container)
        }
        process.streams.processEnded { [unowned self] in
            var signal: UInt32 = 0
            if case .killed(let number) = end { signal = UInt32(number) }
            channel?.send(
                .processExited(
                    ProcessExit(
                        container: container.id, process: process.name, exitStatus: end.status,
                        signal: signal)))
            forget(process, of: container)
        }
    }

    private func forget(_ process: ContainerProcess, of container: Container) {
        container.processes[process.name] = nil
        if container.isAbandoned && container.processes.isEmpty {
            _ = container.cgroup?.remove()
            containers[container.id] = nil
        }
        if let refusal = process.refusal { reply(refusal.request, failure: refusal.failure) }
        if container.pendingDelete != nil { finishDelete(container) }
    }

    /// Answers a request.
    func reply(_ id: UInt64, failure: Failure? = nil, pid: Int32 = 0) {
        var failure = failure
        // A message of the agent has a limit (Frame.maximumAgentSize), a path of the plan has none.
        if let long = failure, long.message.utf8.count > 4096 {
            failure?.message = String(long.message.prefix(1024))
            failure?.operation = String(long.operation.prefix(256))
        }
        channel?.send(.reply(AgentReply(id: id, failure: failure, pid: UInt32(pid))))
    }
}
