package import GuestMemory
package import Linux
package import Virtio

/// The network card (virtio 1.2, 5.1) over a tap of the host.
///
/// It begins without a tap: nothing comes then, and what is sent goes nowhere. A tap can be attached and detached at any
/// time, by any thread but the card's own.
package final class NetworkDevice: VirtioDevice {
    private static let queueSize: UInt16 = 256

    private let mac: [UInt8]
    /// One, as long as VIRTIO_NET_F_MQ is not offered.
    private let pairs: [QueuePair]

    /// `mac` has 6 bytes: the address until the guest takes another. `report` gets one line per thing that goes wrong.
    package init(
        memory: GuestMemory, mac: [UInt8], report: @escaping @Sendable (String) -> Void
    ) throws(Errno) {
        guard mac.count == 6 else { throw .invalidArgument }
        self.mac = mac
        pairs = [try QueuePair(memory: memory, report: report)]
    }

    deinit {
        stop()
    }

    package let type: UInt32 = 1
    package let features = NetworkFeature.all
    package var queueSizes: [UInt16] {
        [UInt16](repeating: Self.queueSize, count: 2 * pairs.count)
    }

    /// mac. The other fields are there with features that are not offered (5.1.4).
    package var configuration: [UInt8] { mac }

    /// Of each queue, in the order of the queues.
    package var bells: [Bell] { pairs.flatMap { [$0.receiveBell, $0.transmitBell] } }

    package var counters: NetworkCounters {
        pairs.reduce(NetworkCounters()) { $0 + $1.counters }
    }

    package func activate(_ activation: Activation) {
        for (index, pair) in pairs.enumerated() {
            pair.activate(activation, firstQueue: 2 * index)
        }
    }

    package func progress() -> [QueueProgress] {
        pairs.flatMap(\.progress)
    }

    package func reset() {
        for pair in pairs { pair.reset() }
    }
}

// The tap.
extension NetworkDevice {
    /// Starts the card's thread; once, before `attach`. `prepare` is called on it first, and ends it by answering false.
    package func start(
        name: String, prepare: @escaping @Sendable () -> Bool = { true }
    ) throws(Errno) {
        for pair in pairs { try pair.start(name: name, prepare: prepare) }
    }

    /// Ends the thread and closes the tap.
    package func stop() {
        for pair in pairs { pair.stop() }
    }

    /// Begins to move packets from and to a tap (IFF_TAP, IFF_NO_PI, IFF_VNET_HDR with headers of 12 bytes), which is made
    /// non-blocking, in place of the one there was. What the guest has sent before is dropped.
    package func attach(
        tap: consuming OwnedFD, limits: RateLimits = RateLimits()
    ) throws(Errno) {
        let link = try HostLink(tap: tap)
        for pair in pairs { try pair.attach(link, limits) }
    }

    /// The same with a stream socket, whose frames have their length in front of them (`PacketStream`). It takes whole
    /// packets only: the driver must have been told to leave no work to the device.
    package func attach(
        stream: consuming OwnedFD, limits: RateLimits = RateLimits()
    ) throws(Errno) {
        let link = try HostLink(stream: stream)
        for pair in pairs { try pair.attach(link, limits) }
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
