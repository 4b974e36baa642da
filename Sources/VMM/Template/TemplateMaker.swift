internal import Devices
internal import Glibc
internal import GuestMemory
internal import Linux
package import Protocols

/// Boots a machine that no container has, and saves it once its agent is ready: what others are copies of.
///
/// All of it belongs to the thread that calls `run`, which is the event loop's.
package final class TemplateMaker {
    /// A kernel that is interpreted needs half a minute to boot, and its host may be busy.
    private static let bootMilliseconds: Int64 = 300_000
    /// From the agent's call to the moment that is kept: what the guest's kernel does after its boot (it gives back
    /// free pages after two seconds) need not be done in every copy.
    private static let restMilliseconds: Int64 = 2_500
    private static let failedStatus: Int32 = 1

    private let configuration: SandboxConfiguration
    private let stateFile: OwnedFD
    private let memoryFile: OwnedFD
    private let loop: EventLoop
    private let mailbox: LoopMailbox
    private let log: SandboxLog
    /// Which pages of this process are in use, for when there is no /proc any more.
    private let pageMap: PageMap
    private var devices: SandboxDevices?
    private var report: FrameChannel?
    private var deadline: Deadline?
    private var isResting = false
    private var result: Int32?

    /// Takes over the descriptors that the configuration names. To be called before the process has threads.
    package init(_ configuration: SandboxConfiguration) throws {
        self.configuration = configuration
        let descriptors = configuration.descriptors
        stateFile = OwnedFD(taking: descriptors.templateState)
        memoryFile = OwnedFD(taking: descriptors.templateMemory)
        loop = try EventLoop()
        mailbox = try LoopMailbox()
        log = SandboxLog(
            descriptors.log >= 0 ? OwnedFD(taking: descriptors.log) : nil,
            debug: configuration.debug)
        pageMap = try PageMap()
    }

    /// Makes the template and exits. The caller's end is the end of it.
    package func run() -> Never {
        do {
            try begin()
            while result == nil { try loop.runOnce(timeoutMilliseconds: -1) }
        } catch {
            fail(Failure(message: "\(error)"))
        }
        exit(result ?? Self.failedStatus)
    }

    private func begin() throws {
        let descriptors = configuration.descriptors
        try Entropy.keepOpen()
        let jail = Jail(configuration.jail)
        var shares: [Share] = []
        try jail.enclose(&shares)
        try jail.confineProcess(servesFiles: false, log: descriptors.log)
        try mailbox.attach(to: loop)
        report = FrameChannel(
            HostStream(loop: loop, both: OwnedFD(taking: descriptors.report)), limit: 0,
            onFrame: { _ in }, onEnd: { [weak self] in self?.result = Self.failedStatus })
        deadline = Deadline(loop: loop, milliseconds: Self.bootMilliseconds) { [weak self] in
            self?.lostGuest("the agent has not answered in time")
        }
        let memory = try GuestMemory(size: configuration.machine.memorySize)
        let muster = Muster(jail)
        let devices = try SandboxDevices(
            configuration, muster, memory: memory, loop: loop, mailbox: mailbox, log: log,
            accept: { [weak self] in self?.accept($0) ?? .refused })
        self.devices = devices
        devices.machine.onEnd = { [weak self] in self?.lostGuest("\($0)") }
        try devices.machine.load(
            kernel: OwnedFD(taking: descriptors.kernel), image: OwnedFD(taking: descriptors.image))
        try devices.startProcessors()
        try muster.begin()
    }

    private func accept(_ port: UInt32) -> VsockMuxer.Answer {
        if port >= firstStreamPort, port - firstStreamPort < Streams.portCount { return .later }
        guard port == agentPort else { return .refused }
        if !isResting {
            isResting = true
            log.phase("agent")
            deadline = Deadline(loop: loop, milliseconds: Self.restMilliseconds) {
                [weak self] in self?.save()
            }
        }
        return .later
    }

    private func save() {
        guard let devices else { return }
        do {
            mailbox.close()
            var state = TemplateState()
            try devices.save(to: &state)
            state.memorySize = configuration.machine.memorySize
            state.processorCount = configuration.machine.cpuCount
            state.softwareKVM = configuration.machine.softwareKVM
            state.memoryParts = try MemoryFile.write(
                devices.machine.memory, pageMap, to: memoryFile)
            try memoryFile.synchronize()
            state.memoryFile = try MemoryFileIdentity(memoryFile)
            try stateFile.writeAll(TemplateFile.encode(state))
            try stateFile.synchronize()
            report?.send(SandboxReport.created)
            result = 0
        } catch {
            fail(Failure(message: "save the machine: \(error)"))
        }
    }

    private func lostGuest(_ reason: String) {
        let words = LastWords.appendix(devices?.machine.serial)
        fail(Failure(kind: .guestLost, message: reason + words))
    }

    private func fail(_ failure: Failure) {
        guard result == nil else { return }
        log.write(.error, failure.message)
        report?.send(SandboxReport.failure(failure))
        result = Self.failedStatus
    }
}
