internal import Glibc
internal import Linux
package import OCISpec
internal import Protocols

/// What `exec` is asked for.
package struct ExecRequest: Sendable {
    package var id: ContainerID
    package var root: String
    package var installation: Installation
    package var process: ExecProcess
    package var detach = false
    package var pidFile: String?
    package var consoleSocket: String?
    /// The path of its cgroup in the guest, below that of the container; empty: none is asked for.
    package var cgroup = ""
    /// Into a paused container, too.
    package var ignorePaused = false

    package init(
        id: ContainerID, root: String, installation: Installation, process: ExecProcess
    ) {
        self.id = id
        self.root = root
        self.installation = installation
        self.process = process
    }
}

/// The verb `exec`: one more process in a container.
package enum Exec {
    /// Answers the exit status of the verb: with `detach` 0, else the process's.
    ///
    /// On the host a process stands for the one in the guest: it has its signals, its terminal's size and its exit
    /// status, and takes it along when it dies (`vmrun-sandbox exec`).
    package static func run(_ request: ExecRequest, log: Log) throws(RuntimeError) -> Int32 {
        let container = try ExistingContainer(request.id, root: request.root)
        try check(try container.status(), request)
        let configuration = try container.configuration()
        var warnings: [SpecWarning] = []
        let process = try request.process.process(of: configuration)
        var plan = try ProcessPlan(
            executing: process, in: configuration, warnings: &warnings)
        plan.cgroup = request.cgroup
        try container.directory.readFilter(into: &plan)
        for warning in warnings { log.write(.warning, warning) }
        let caller = StandardStreams.Caller(
            detach: request.detach, consoleSocket: request.consoleSocket)
        try caller.check(terminal: plan.terminal)
        let (streams, host) = try StandardStreams.open(&plan, for: caller)
        // From now on signals are meant for the process.
        let session = request.detach ? nil : try ForegroundSession(host, streams)
        let name = "exec-\(getpid())-\(WallClock.now())"
        var client = try container.client()
        try client.startProcess(name, plan, streams)
        let standIn = try SandboxLauncher(request.installation, debug: false)
            .launchStandIn(
                for: name, of: request.id, client, streams, in: container.cgroup(),
                log: container.directory.openLog())
        do throws(RuntimeError) {
            return try finish(request, standIn, streams, session)
        } catch {
            standIn.signal(SIGKILL)
            _ = try? standIn.wait()
            throw error
        }
    }

    private static func check(
        _ status: ContainerStatus, _ request: ExecRequest
    ) throws(RuntimeError) {
        switch status {
        case .created, .running: break
        case .paused:
            guard request.ignorePaused else {
                throw .usage("cannot exec in a paused container (use --ignore-paused to override)")
            }
        case .stopped: throw .usage("cannot exec in a stopped container")
        case .creating: throw .usage("cannot exec in a container that is being created")
        }
    }

    private static func finish(
        _ request: ExecRequest, _ standIn: borrowing Child, _ streams: StandardStreams,
        _ session: ForegroundSession?
    ) throws(RuntimeError) -> Int32 {
        try streams.announce(to: request.consoleSocket)
        if let path = request.pidFile { try PIDFile.write(standIn.pid, to: path) }
        return try session?.run(standIn).status ?? 0
    }
}

extension ForegroundSession {
    fileprivate convenience init(
        _ host: HostTerminal?, _ streams: StandardStreams
    ) throws(RuntimeError) {
        var terminal: (host: HostTerminal, pseudo: PseudoTerminal)?
        if let host, let pseudo = streams.pseudoTerminal { terminal = (host, pseudo) }
        try self.init(terminal: terminal)
    }
}
