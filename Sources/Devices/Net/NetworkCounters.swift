/// What a network device has moved since it was made.
package struct NetworkCounters: Equatable, Sendable {
    package struct Direction: Equatable, Sendable {
        package internal(set) var packets: UInt64 = 0
        /// Without the headers of virtio.
        package internal(set) var bytes: UInt64 = 0
        /// Packets that nobody got.
        package internal(set) var drops: UInt64 = 0

        /// Adds a packet of this length, its header included.
        internal mutating func add(packetOf count: Int) {
            packets &+= 1
            bytes &+= UInt64(max(0, count - NetworkHeader.count))
        }
    }

    package internal(set) var toGuest = Direction()
    package internal(set) var fromGuest = Direction()

    package init() {}

    internal static func + (left: NetworkCounters, right: NetworkCounters) -> NetworkCounters {
        var sum = left
        sum.toGuest.add(right.toGuest)
        sum.fromGuest.add(right.fromGuest)
        return sum
    }
}

extension NetworkCounters.Direction {
    internal mutating func add(_ other: Self) {
        packets &+= other.packets
        bytes &+= other.bytes
        drops &+= other.drops
    }
}
