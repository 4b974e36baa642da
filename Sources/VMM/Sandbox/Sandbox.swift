internal import Devices
internal import Glibc
internal import GuestMemory
internal import Linux
package import Protocols

/// A container and its machine, in a process of their own.
///
/// All of it belongs to the thread that calls `run`, which is the event loop's.
package final class Sandbox {
    /// What a sandbox exits with when its guest is gone before the container has ended.
    internal static let lostGuestStatus: Int32 = 255
    /// A kernel that is interpreted needs half a minute to boot, and its host may be busy.
    private static let bootMilliseconds: Int64 = 300_000
    /// For unmounting and writing back in the guest.
    private static let shutdownMilliseconds: Int64 = 30_000

    internal let loop: EventLoop
    private let mailbox: LoopMailbox
    internal private(set) var configuration: SandboxConfiguration
    internal let log: SandboxLog
    private let jail: Jail
    private let ports = StreamPorts()
    private let streams: ProcessStreams
    /// That of the container's first process.
    internal let terminal: ControllingTerminal?
    /// The one that the machine was made for, and with which it ends.
    internal private(set) var container: ContainerRequests?
    /// The others, by their ids.
    internal var added: [String: ContainerRequests] = [:]
    internal private(set) var devices: SandboxDevices?
    private var report: FrameChannel?
    private var control: ControlServer?
    private var signals: SignalForwarder?
    internal var agent: AgentClient?
    private var deadline: Deadline?
    /// What the container's process has ended with: the guest shuts down.
    private var exitStatus: Int32?
    private var guestIsDown = false
    private var result: Int32?

    /// Takes over the descriptors that the configuration names. To be called before the process has threads.
    package init(_ configuration: SandboxConfiguration) throws {
        self.configuration = configuration
        let descriptors = configuration.descriptors
        jail = Jail(configuration.jail)
        loop = try EventLoop()
        mailbox = try LoopMailbox()
        log = SandboxLog(
            descriptors.log >= 0 ? OwnedFD(taking: descriptors.log) : nil,
            debug: configuration.debug)
        let hasTerminal = configuration.container.process.terminal
        terminal =
            hasTerminal
            ? try ControllingTerminal(OwnedFD.duplicating(descriptors.stdin)) : nil
        let take = { (number: Int32) in number < 0 ? nil : ByteStream(OwnedFD(taking: number)) }
        streams = ProcessStreams(
            stdin: take(descriptors.stdin), stdout: take(descriptors.stdout),
            stderr: take(descriptors.stderr), hasTerminal: hasTerminal, firstPort: ports.take())
    }

    /// Runs the container to its end and exits with its status.
    package func run() -> Never {
        do {
            try setUp()
            while result == nil { try loop.runOnce(timeoutMilliseconds: -1) }
        } catch let failure as Failure {
            fail(failure)
        } catch {
            fail(Failure(message: "\(error)"))
        }
        for container in containers { container.processes.endAll() }
        // The other threads end with the process: what they are at is the guest's, which is gone.
        exit(result ?? Self.lostGuestStatus)
    }

    private func setUp() throws {
        signals = try SignalForwarder(loop: loop) { [weak self] in self?.received(signal: $0) }
        try Entropy.keepOpen()
        try confine()
        try mailbox.attach(to: loop)
        let descriptors = configuration.descriptors
        report = FrameChannel(
            HostStream(loop: loop, both: OwnedFD(taking: descriptors.report)), limit: 0,
            onFrame: { _ in }, onEnd: { [weak self] in self?.callerIsGone() })
        agent = try AgentClient(
            loop: loop, onReady: { [weak self] in self?.createContainer() },
            onExit: { [weak self] in self?.processExited($0) },
            onLost: { [weak self] in self?.lostGuest($0) })
        let container = makeRequests(configuration.container.id)
        container.onStart = { [weak self] in self?.log.phase("started") }
        self.container = container
        let template = try openTemplate()
        let muster = Muster(jail)
        let devices = try SandboxDevices(
            configuration, muster,
            memory: template?.memory ?? GuestMemory(size: configuration.machine.memorySize),
            loop: loop, mailbox: mailbox, log: log,
            accept: { [weak self] in self?.accept($0) ?? .refused })
        self.devices = devices
        devices.onStreamClosed = { [weak self] in self?.streamClosed($0) }
        devices.machine.onEnd = { [weak self] in self?.machineEnded($0) }
        control = try ControlServer(loop: loop, listener: OwnedFD(taking: descriptors.control)) {
            [weak self] in self?.handle($0, from: $1)
        }
        deadline = Deadline(loop: loop, milliseconds: Self.bootMilliseconds) { [weak self] in
            self?.lostGuest("the agent has not answered in time")
        }
        try load(devices, from: template)
        try devices.startProcessors()
        try muster.begin()
        log.phase("machine")
    }

    /// All containers of the machine.
    private var containers: [ContainerRequests] { (container.map { [$0] } ?? []) + added.values }

    internal func makeRequests(_ id: String) -> ContainerRequests {
        ContainerRequests(id, loop: loop, ports: ports) { [weak self] in
            self?.agent?.request($0, $1)
        }
    }

    /// The container's root, with its volumes, is what is to be seen of the process by those who enter it.
    private func confine() throws(Jail.Failure) {
        let container = configuration.container
        try jail.enclose(
            &configuration.shares, root: container.rootPath,
            rootIsReadOnly: container.rootReadonly, mounts: container.mounts)
        try jail.confineProcess(
            configuration.shares, servesFiles: true, log: configuration.descriptors.log)
    }

    private func openTemplate() throws -> LoadedTemplate? {
        let descriptors = configuration.descriptors
        guard descriptors.templateState >= 0, descriptors.templateMemory >= 0 else { return nil }
        do throws(LoadedTemplate.Failure) {
            let template = try LoadedTemplate(
                state: OwnedFD(taking: descriptors.templateState),
                memory: OwnedFD(taking: descriptors.templateMemory), for: configuration.machine)
            // Its maker has probed this KVM.
            configuration.machine.softwareKVM = template.state.softwareKVM
            return template
        } catch {
            throw Failure(kind: .badTemplate, message: "\(error)")
        }
    }

    private func load(_ devices: SandboxDevices, from template: LoadedTemplate?) throws {
        guard let template else {
            return try devices.machine.load(
                kernel: OwnedFD(taking: configuration.descriptors.kernel),
                image: OwnedFD(taking: configuration.descriptors.image))
        }
        do {
            try devices.restore(template.state)
        } catch {
            throw Failure(kind: .badTemplate, message: "\(error)")
        }
    }

    private func accept(_ port: UInt32) -> VsockMuxer.Answer {
        let stream =
            port == agentPort
            ? agent?.accept()
            : streams.take(port, loop: loop) ?? takeStream(port)
        return stream.map { .stream($0) } ?? .refused
    }

    private func takeStream(_ port: UInt32) -> HostStream? {
        for container in containers {
            if let stream = container.processes.take(port) { return stream }
        }
        return nil
    }
}

// From the boot to the end.
extension Sandbox {
    private func createContainer() {
        log.phase("agent")
        setUpMachine()
        var plan = configuration.container
        plan.process.streams = streams.ports
        if let size = terminal?.size, plan.process.terminalRows == 0 {
            plan.process.terminalRows = size.rows
            plan.process.terminalColumns = size.columns
        }
        agent?.request(.createContainer(plan)) { [weak self] reply in
            guard let self else { return }
            deadline = nil
            if let failure = reply.failure { return fail(failure) }
            container?.stage = .created
            log.phase("created")
            report?.send(SandboxReport.created)
        }
    }

    /// The agent takes no container without it, so its answer need not be waited for.
    private func setUpMachine() {
        do throws(Errno) {
            let entropy = try Entropy.bytes(SetUp.entropySize)
            agent?.request(
                .setUp(SetUp(entropy: entropy, wallClock: WallClock.now()))
            ) { [weak self] reply in
                if let failure = reply.failure { self?.fail(failure) }
            }
        } catch {
            fail(Failure(message: "read random numbers: \(error)"))
        }
    }

    private func processExited(_ exit: ProcessExit) {
        guard let container = containers.first(where: { $0.id == exit.container }) else { return }
        if exit.process.isEmpty { container.stage = .ended }
        guard exit.process.isEmpty, container === self.container else {
            return container.processes.exited(exit)
        }
        guard exitStatus == nil else { return }
        log.phase("exited")
        exitStatus = Int32(exit.exitStatus & 0xff)
        // The guest may have bytes in its cache that belong to the host's files.
        devices?.stopSynchronizing()
        agent?.request(.shutdown) { [weak self] reply in
            if let failure = reply.failure { self?.log.write(.warning, failure.message) }
            self?.guestIsDown = true
            self?.endIfDone()
        }
        deadline = Deadline(loop: loop, milliseconds: Self.shutdownMilliseconds) {
            [weak self] in
            self?.log.write(.warning, "the guest did not shut down in time")
            self?.guestIsDown = true
            self?.finish(Int32(exit.exitStatus & 0xff))
        }
    }

    private func machineEnded(_ end: MachineEnd) {
        if exitStatus != nil {
            guestIsDown = true
            return endIfDone()
        }
        lostGuest("\(end)")
    }

    private func streamClosed(_ port: UInt32) {
        if !streams.closed(port) {
            for container in containers { container.processes.streamClosed(port) }
        }
        endIfDone()
    }

    private func endIfDone() {
        guard let status = exitStatus, guestIsDown, devices?.streamsAreClosed ?? true
        else { return }
        finish(status)
    }

    internal var stage: ContainerRequests.Stage { container?.stage ?? .creating }

    private func callerIsGone() {
        report = nil
        if case .creating = stage { finish(Self.lostGuestStatus) }
    }

    internal func finish(_ status: Int32) {
        guard result == nil else { return }
        log.phase("down")
        result = status
    }

    /// The guest is gone, or talks nonsense: with the kernel's last words.
    private func lostGuest(_ reason: String) {
        if let status = exitStatus {
            guestIsDown = true
            // What has arrived is still handed over, unless nobody takes it.
            return devices?.streamsAreClosed ?? true ? finish(status) : ()
        }
        let words = LastWords.appendix(devices?.machine.serial)
        fail(Failure(kind: .guestLost, message: reason + words))
    }

    /// Tells whoever is there to hear it.
    private func fail(_ failure: Failure) {
        guard result == nil else { return }
        log.write(.error, failure.message)
        report?.send(SandboxReport.failure(failure))
        finish(Self.lostGuestStatus)
    }
}
