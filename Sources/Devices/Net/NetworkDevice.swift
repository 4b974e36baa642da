package import GuestMemory
package import Linux
internal import Synchronization
package import Virtio

/// The network card (virtio 1.2, 5.1) over a tap of the host.
///
/// It begins without a tap: nothing comes then, and what is sent goes nowhere. A tap can be attached and detached at any
/// time, by any thread but the card's own. Its link is up until the other end of what was attached goes away.
///
/// A card with several queue pairs has a thread for each: the processors of the guest send without waiting for one another,
/// and the host carries as many streams at once. Without VIRTIO_NET_F_MQ the driver has no command to give, so the control
/// queue is served only with it.
package final class NetworkDevice: VirtioDevice {
    private static let queueSize: UInt16 = 256
    /// As many descriptors as the longest command has, with one to spare; and as many commands are carried out in a turn.
    private static let controlQueueSize: UInt16 = 4

    private let mac: [UInt8]
    private let pairs: [QueuePair]
    private let control: ServedQueue?
    private let memory: GuestMemory
    private let link: LinkStatus
    /// How many pairs the driver uses.
    private let usedPairs = Atomic<Int>(1)

    /// `mac` has 6 bytes: the address until the guest takes another. `report` gets one line per thing that goes wrong.
    package init(
        memory: GuestMemory, mac: [UInt8], pairCount: Int = 1,
        report: @escaping @Sendable (String) -> Void
    ) throws(Errno) {
        guard mac.count == 6, (1...Int(UInt8.max)).contains(pairCount) else {
            throw .invalidArgument
        }
        self.mac = mac
        self.memory = memory
        let link = LinkStatus()
        self.link = link
        var pairs: [QueuePair] = []
        for index in 0..<pairCount {
            pairs.append(
                try QueuePair(index, memory: memory, report: report) { link.set(up: false) })
        }
        self.pairs = pairs
        control = pairCount > 1 ? try ServedQueue(size: Self.controlQueueSize) : nil
    }

    deinit {
        stop()
    }

    package let type: UInt32 = 1

    package var features: UInt64 {
        control == nil
            ? NetworkFeature.all
            : NetworkFeature.all | NetworkFeature.controlQueue | NetworkFeature.multiqueue
    }

    package var queueSizes: [UInt16] {
        [UInt16](repeating: Self.queueSize, count: 2 * pairs.count)
            + (control == nil ? [] : [Self.controlQueueSize])
    }

    /// mac, status, max_virtqueue_pairs. The last is there with several pairs only, other fields with features that are not
    /// offered (5.1.4).
    package var configuration: [UInt8] {
        mac + Self.bytes(link.field) + (control == nil ? [] : Self.bytes(UInt16(pairs.count)))
    }

    /// How many pairs are in use, in 2 bytes.
    package var settings: [UInt8] {
        Self.bytes(UInt16(usedPairs.load(ordering: .sequentiallyConsistent)))
    }

    private static func bytes(_ number: UInt16) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
    }

    /// Of each queue, in the order of the queues. That of the control queue, the last one where there are several pairs, is
    /// for `processCommands`.
    package var bells: [Bell] {
        pairs.flatMap { [$0.receiveBell, $0.transmitBell] } + (controlBell.map { [$0] } ?? [])
    }

    package var controlBell: Bell? { control?.bell }

    package var counters: NetworkCounters {
        pairs.reduce(NetworkCounters()) { $0 + $1.counters }
    }

    package func activate(_ activation: Activation) {
        let isMulti = activation.features & NetworkFeature.multiqueue != 0
        // The queues of the others mean something else without the feature (5.1.2).
        for pair in isMulti ? pairs : Array(pairs.prefix(1)) { pair.activate(activation) }
        let wantsStatus = activation.features & NetworkFeature.status != 0
        link.tell(wantsStatus ? activation.interrupt : nil)
        guard isMulti, let control else { return }
        use(savedPairs(activation.settings))
        let queues = activation.makeQueues(memory)
        guard 2 * pairs.count < queues.count else { return }
        control.activate(queues[2 * pairs.count], activation.interrupt)
    }

    /// One, where nothing was saved: a driver must ask for more (5.1.6.5.5).
    private func savedPairs(_ settings: [UInt8]) -> Int {
        guard settings.count == 2 else { return 1 }
        return min(max(1, Int(settings[0]) | Int(settings[1]) << 8), pairs.count)
    }

    package func progress() -> [QueueProgress] {
        let all = pairs.map(\.progress) + (control.map { [$0.progress.map { [$0] }] } ?? [])
        guard all.contains(where: { $0 != nil }) else { return [] }
        return zip(all, pairs.map { _ in 2 } + [1]).flatMap { progress, count in
            progress ?? [QueueProgress](repeating: QueueProgress(), count: count)
        }
    }

    package func reset() {
        // First: a command must not find what comes after it.
        control?.reset()
        link.tell(nil)
        for pair in pairs { pair.reset() }
        use(1)
    }
}

// Commands.
extension NetworkDevice {
    /// Carries out what the driver has asked for; to be called when the control queue's bell has rung.
    package func processCommands() {
        control?.process { chain in
            guard let answer = try? memory.vector(chain.writable) else { return 0 }
            let acknowledgement = carryOut(chain)
            return UInt32(answer.copyIn([acknowledgement.rawValue]))
        }
    }

    private func carryOut(_ chain: DescriptorChain) -> NetworkCommand.Acknowledgement {
        guard let bytes = try? memory.vector(chain.readable),
            // One more tells a command that is too long.
            case .usePairs(let count)? = NetworkCommand(bytes.copyOut(NetworkCommand.size + 1)),
            (1...pairs.count).contains(count)
        else { return .error }
        use(count)
        return .ok
    }

    private func use(_ count: Int) {
        usedPairs.store(count, ordering: .sequentiallyConsistent)
        for (index, pair) in pairs.enumerated() { pair.setUsed(index < count) }
    }
}

// The tap.
extension NetworkDevice {
    /// How many threads `start` begins.
    package var threadCount: Int { pairs.count }

    /// Starts the card's threads; once, before `attach`. `prepare` is called on each of them first, and ends it by answering
    /// false.
    package func start(
        name: String, prepare: @escaping @Sendable () -> Bool = { true }
    ) throws(Errno) {
        for (index, pair) in pairs.enumerated() {
            try pair.start(name: index == 0 ? name : "\(name).\(index)", prepare: prepare)
        }
    }

    /// Ends the threads and closes the tap.
    package func stop() {
        for pair in pairs { pair.stop() }
    }

    /// Begins to move packets from and to a tap (IFF_TAP, IFF_NO_PI, IFF_VNET_HDR with headers of 12 bytes), which is made
    /// non-blocking, in place of the one there was: its queues (IFF_MULTI_QUEUE) go to a queue pair each. EINVAL where there is
    /// none; more than there are pairs are closed. What the guest has sent before is dropped.
    package func attach(
        taps: PassedDescriptors, limits: RateLimits = RateLimits()
    ) throws(Errno) {
        var links: [HostLink] = []
        while links.count < pairs.count, let tap = taps.takeFirst() {
            links.append(try HostLink(tap: tap))
        }
        taps.removeAll()
        try attach(links, limits)
    }

    /// The same with a stream socket, whose frames have their length in front of them (`PacketStream`). It takes whole
    /// packets only: the driver must have been told to leave no work to the device.
    package func attach(
        stream: consuming OwnedFD, limits: RateLimits = RateLimits()
    ) throws(Errno) {
        try attach([HostLink(stream: stream)], limits)
    }

    private func attach(_ links: [HostLink], _ limits: RateLimits) throws(Errno) {
        let backend = try NetworkBackend(links, limits)
        link.set(up: true)
        for pair in pairs { try pair.attach(backend) }
    }

    /// Closes the tap.
    package func detach() {
        for pair in pairs { pair.detach() }
    }

    /// Gives back what the guest sends while there is no tap; to be called when a transmit queue's bell has rung. Where
    /// nobody does, the guest's queue fills up and its interface stops, which does no harm but for its warning.
    package func discardSent() {
        for pair in pairs { pair.discardSent() }
    }
}
