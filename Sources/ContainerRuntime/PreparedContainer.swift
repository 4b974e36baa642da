internal import Linux
internal import OCISpec
internal import Protocols

/// A container of which everything has been read, checked and opened, and nothing made yet: bad input ends
/// before this, and leaves nothing behind.
struct PreparedContainer {
    let request: CreateRequest
    let plan: SandboxPlan
    let files: SandboxFiles
    let launcher: SandboxLauncher
    let streams: StandardStreams
    /// Of a verb in the foreground of a terminal.
    let hostTerminal: HostTerminal?
    let record: StateRecord

    init(_ request: CreateRequest, log: Log) throws(RuntimeError) {
        self.request = request
        let bundle = try Bundle(path: request.bundle)
        let configuration = bundle.configuration
        try request.check(terminal: configuration.process?.terminal ?? false)
        var plan = try SandboxPlan(
            configuration, id: request.id, bundle: bundle.path,
            machine: request.installation.machine)
        for warning in bundle.warnings + plan.warnings { log.write(.warning, warning) }
        files = try SandboxFiles(plan, request.installation)
        launcher = SandboxLauncher(program: request.installation.sandbox, debug: request.debug)
        (streams, hostTerminal) = try Self.openStreams(&plan.container.process, request)
        record = StateRecord(
            ociVersion: configuration.ociVersion, id: request.id.text, bundle: bundle.path,
            rootfs: plan.shares.first?.hostPath ?? "", created: WallClock.rfc3339(), pid: 0,
            pidStartTime: 0, annotations: configuration.annotations ?? [:])
        self.plan = plan
    }

    /// With a terminal: a pseudo terminal of the configuration's size, or else of the size of ours.
    private static func openStreams(
        _ process: inout ProcessPlan, _ request: CreateRequest
    ) throws(RuntimeError) -> (StandardStreams, HostTerminal?) {
        guard process.terminal else { return (.inherited, nil) }
        let host = request.detach ? nil : try HostTerminal()
        var size: Terminal.Size? =
            process.terminalRows == 0 || process.terminalColumns == 0
            ? nil
            : Terminal.Size(
                rows: UInt16(clamping: process.terminalRows),
                columns: UInt16(clamping: process.terminalColumns))
        size = size ?? host?.size
        process.terminalRows = UInt32(size?.rows ?? 0)
        process.terminalColumns = UInt32(size?.columns ?? 0)
        return (.terminal(try PseudoTerminal(size: size)), host)
    }

    var pseudoTerminal: PseudoTerminal? {
        guard case .terminal(let terminal) = streams else { return nil }
        return terminal
    }
}
