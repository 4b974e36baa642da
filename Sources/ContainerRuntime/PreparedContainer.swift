internal import Linux
internal import OCISpec
internal import Protocols

/// A container of which everything has been read, checked and opened, and nothing made yet: bad input ends
/// before this, and leaves nothing behind.
struct PreparedContainer {
    let request: CreateRequest
    let plan: SandboxPlan
    let files: SandboxFiles
    let placement: HostPlacement
    let launcher: SandboxLauncher
    let streams: StandardStreams
    /// Of a verb in the foreground of a terminal.
    let hostTerminal: HostTerminal?
    let record: StateRecord
    /// nil: the container gets a machine of its own.
    let machine: SharedMachine?
    let hooks: Hooks?
    /// config.json as it was read.
    let configurationText: [UInt8]

    init(_ request: CreateRequest, log: Log) throws(RuntimeError) {
        self.request = request
        let bundle = try Bundle(path: request.bundle, configuration: request.configuration)
        let configuration = bundle.configuration
        configurationText = bundle.text
        hooks = configuration.hooks
        try request.caller.check(terminal: configuration.process?.terminal ?? false)
        var plan = try SandboxPlan(
            configuration, id: request.id, bundle: bundle.path,
            machine: request.installation.machine, network: request.installation.network)
        machine = try SharedMachine.find(plan.placement.joined, root: request.root)
        if let machine {
            try plan.join(machine, configuration)
        } else {
            try plan.makeRoomForInterfaces(configuration) { path throws(RuntimeError) in
                try NetworkWiring.linkCount(in: path)
            }
        }
        for warning in bundle.warnings + plan.warnings { log.write(.warning, warning) }
        files = try SandboxFiles(plan, request.installation)
        placement = try HostPlacement(plan, systemdCgroup: request.systemdCgroup)
        launcher = SandboxLauncher(request.installation, debug: request.debug)
        (streams, hostTerminal) = try StandardStreams.open(
            &plan.container.process, for: request.caller)
        var record = StateRecord(
            ociVersion: configuration.ociVersion, id: request.id.text, bundle: bundle.path,
            rootfs: plan.shares.first?.hostPath ?? "", created: WallClock.rfc3339(), pid: 0,
            pidStartTime: 0, annotations: configuration.annotations ?? [:],
            memorySize: plan.machine.memorySize, processorCount: plan.machine.cpuCount,
            networkCards: plan.machine.networkCards, cgroups: placement.cgroupFolders,
            networkPath: plan.placement.networkPath, hasUserNetwork: plan.network.isUser,
            interfaces: [])
        record.machine = machine?.owner ?? ""
        self.record = record
        self.plan = plan
    }
}
