internal import Devices
internal import FileServer
internal import GuestMemory
internal import Linux
internal import Protocols

/// The machine of a sandbox with all that is plugged into it. Belongs to the event loop's thread.
internal final class SandboxDevices {
    let machine: Machine
    private let muster: Muster
    private let muxer: VsockMuxer
    private let server: FileServer
    private let fileSystem: FileSystemDevice
    private let rng: RNGDevice
    private let balloon: BalloonDevice
    private let cards: [NetworkDevice]
    private var commands: [PacedBell] = []
    /// Which queues of a tap are in use is changed under a lock of the host's whole network: a guest that does it for ever
    /// gets a few commands done in this time.
    private static let commandMilliseconds: Int64 = 20

    /// Takes over the descriptors of `/dev/kvm` and of the shares. `accept` answers connections of the guest.
    init(
        _ configuration: SandboxConfiguration, _ muster: Muster, memory: GuestMemory,
        loop: EventLoop, mailbox: LoopMailbox, log: SandboxLog,
        accept: @escaping (UInt32) -> VsockMuxer.Answer
    ) throws {
        let wanted = configuration.machine
        self.muster = muster
        machine = try Machine(
            Machine.Plan(
                memorySize: wanted.memorySize, processorCount: wanted.cpuCount,
                softwareKVM: wanted.softwareKVM, kernelParameters: wanted.kernelParameters,
                becomesTemplate: configuration.makesTemplate),
            memory: memory, kvm: OwnedFD(taking: configuration.descriptors.kvm), mailbox: mailbox
        ) { line in log.write(.debug, "guest: \(line)") }
        muxer = VsockMuxer(guestCID: VsockDevice.guestCID, accept: accept) { error in
            log.complain("socket device: \(error)")
        }
        var options = Options()
        if wanted.softwareKVM {
            // Each page of the cache costs milliseconds there, whether somebody reads it or not.
            options.readAhead = 32 << 10
            // Only for requests that somebody waits for does the guest look for the answer itself (`vmrun.fs_poll_us`).
            options.backgroundReads = false
        }
        let server = try FileServer(options: options)
        self.server = server
        for share in configuration.shares {
            try server.add(share, OwnedFD(taking: share.descriptor))
        }
        fileSystem = try FileSystemDevice(memory: memory, server: server) { line in
            log.complain(line)
        }
        rng = try RNGDevice(memory: memory)
        balloon = try BalloonDevice(memory: memory)
        cards = try (0..<wanted.networkCards).map { slot in
            try NetworkDevice(
                memory: memory, mac: NetworkSlot.address(slot),
                pairCount: NetworkSlot.queuePairs(wanted.cpuCount)
            ) { line in log.complain(line) }
        }
        try plugIn(loop: loop, mailbox: mailbox)
        try fileSystem.start(
            prepare: muster.enlist(.files, count: FileSystemDevice.workerCount))
        for (slot, card) in cards.enumerated() {
            try card.start(
                name: "net\(slot)", prepare: muster.enlist(.card, count: card.threadCount))
        }
    }

    /// The order is part of the format of templates.
    private func plugIn(loop: EventLoop, mailbox: LoopMailbox) throws {
        let vsock = VsockDevice(memory: machine.memory, mailbox: mailbox, muxer: muxer)
        let vsockBell = try Self.bell(on: loop) { vsock.process() }
        // Its event queue is not used.
        try machine.add(vsock, bells: [vsockBell, vsockBell, vsockBell])
        try machine.add(fileSystem, bells: [fileSystem.highPriorityBell, fileSystem.requestBell])
        _ = try loop.add(rng.bell.event.descriptor, .readable) { [rng] _ in rng.process() }
        try machine.add(rng, bells: [rng.bell])
        _ = try loop.add(balloon.bell.event.descriptor, .readable) { [balloon] _ in
            balloon.process()
        }
        try machine.add(
            balloon, bells: [balloon.unusedBell, balloon.unusedBell, balloon.bell])
        for card in cards {
            if let bell = card.controlBell {
                commands.append(
                    try PacedBell(bell, on: loop, every: Self.commandMilliseconds) { [card] in
                        card.processCommands()
                    })
            }
            try machine.add(card, bells: card.bells)
        }
    }

    /// A bell that calls `action` on the loop's thread.
    private static func bell(
        on loop: EventLoop, _ action: @escaping () -> Void
    ) throws(Errno) -> Bell {
        let bell = try Bell()
        _ = try loop.add(bell.event.descriptor, .readable) { _ in
            bell.event.drain()
            action()
        }
        return bell
    }

    /// Called when a stream of the guest is gone.
    var onStreamClosed: (UInt32) -> Void {
        get { muxer.onClosed }
        set { muxer.onClosed = newValue }
    }

    /// Whether all streams but the agent's are gone.
    var streamsAreClosed: Bool { muxer.streamCount(except: agentPort) == 0 }

    /// The container has ended: what it has written is on its way to the host's disk as all that programs write.
    func stopSynchronizing() { server.stopSynchronizing() }

    /// The machine was loaded or restored: its processors run as soon as the muster begins.
    func startProcessors() throws {
        try machine.startProcessors(
            prepare: muster.enlist(.processor, count: machine.processors.count))
    }

    /// Ends all threads. The mailbox must be closed.
    func stop() {
        machine.stop()
        for card in cards { card.stop() }
        fileSystem.stop()
    }
}

// Shares of containers that are added.
extension SandboxDevices {
    func add(_ share: Share, _ descriptor: consuming OwnedFD) throws(Errno) {
        try server.add(share, descriptor)
    }

    /// With all that is in the same folder at the top.
    func remove(_ shares: [Share]) {
        for top in Set(shares.compactMap { $0.name.split(separator: "/").first }) {
            server.remove(name: String(top))
        }
    }
}

extension FileServer {
    fileprivate func add(_ share: Share, _ descriptor: consuming OwnedFD) throws(Errno) {
        try add(name: share.name, descriptor: descriptor, view: ShareView(share.view))
    }
}

// Network cards.
extension SandboxDevices {
    /// Lets the card of the interface's slot have its other end: a stream, or the queues of a tap.
    func attach(
        _ ends: PassedDescriptors, for interface: NetworkInterface
    ) throws(Failure) {
        let slot = interface.slot
        guard slot < cards.count else {
            throw Failure(message: "the machine has no network card in slot \(slot)")
        }
        do throws(Errno) {
            let card = cards[Int(slot)]
            let limits = RateLimits(
                toGuest: interface.receiveRate, fromGuest: interface.sendRate)
            if interface.isStream, let stream = ends.takeFirst() {
                try card.attach(stream: stream, limits: limits)
            } else {
                try card.attach(taps: ends, limits: limits)
            }
        } catch {
            throw Failure(message: "attach \(interface.name) to the card in slot \(slot): \(error)")
        }
    }

    func detachCard(_ slot: UInt32) {
        if slot < cards.count { cards[Int(slot)].detach() }
    }
}

// Templates.
extension SandboxDevices {
    /// Stops the machine, lets the devices finish, and puts the state of both into a template's. The mailbox must be
    /// closed.
    func save(to state: inout TemplateState) throws {
        stop()
        muxer.process()
        rng.process()
        balloon.process()
        for card in cards { card.processCommands() }
        state.snapshot = try machine.save()
        state.deferredConnections = muxer.deferred
        state.fileSession = server.session
    }

    /// Is as a template says, whose memory this machine has.
    func restore(_ state: TemplateState) throws {
        try server.resume(session: state.fileSession)
        muxer.restore(deferred: state.deferredConnections)
        try machine.restore(state.snapshot)
    }
}

extension ShareView {
    fileprivate init(_ view: Share.View) {
        func ranges(_ mappings: [IDMapping]) -> [IDTranslation.Range] {
            mappings.map { .init(stored: $0.containerID, shown: $0.hostID, count: $0.size) }
        }
        let isMapped = !view.uidMappings.isEmpty || !view.gidMappings.isEmpty
        let ids = IDTranslation(
            users: ranges(view.uidMappings), groups: ranges(view.gidMappings))
        self.init(
            readOnly: view.readonly, ids: isMapped ? ids : nil, idsBelow: view.mappingsBelow)
    }
}
