/// The network cards of a machine. Each has a slot and, until it is a container's interface, a MAC address that tells it.
package enum NetworkSlot {
    /// How many a machine has that nobody asks for more. Each costs the guest time at its boot, used or not.
    package static let usualCount: UInt32 = 2
    /// How many a machine can have: the lines of its interrupt controller have an end.
    package static let maximumCount: UInt32 = 8
    /// Each queue pair has a thread of the sandbox.
    private static let maximumPairs: UInt32 = 4

    /// How many queue pairs the cards of a machine with so many processors have.
    package static func queuePairs(_ processorCount: UInt32) -> Int {
        Int(max(1, min(processorCount, maximumPairs)))
    }

    /// 6 bytes, locally administered (IEEE 802, 8.2.2).
    package static func address(_ slot: UInt32) -> [UInt8] {
        [0x02, 0x76, 0x6d, 0x72, 0x6e, UInt8(truncatingIfNeeded: slot)]
    }
}

/// An interface as the host's network namespace has it, for a network card of the guest. IP addresses are 4 or 16 bytes
/// in network order; numbers are those of rtnetlink(7).
package struct NetworkInterface: Equatable, Sendable {
    package struct Address: Equatable, Sendable {
        package var address: [UInt8] = []
        package var prefixLength: UInt32 = 0
        /// Of a point-to-point link; empty: none.
        package var peer: [UInt8] = []
        package var broadcast: [UInt8] = []
        package var scope: UInt32 = 0
        package var flags: UInt32 = 0

        package init() {}
    }

    package struct Route: Equatable, Sendable {
        package var destination: [UInt8] = []
        package var prefixLength: UInt32 = 0
        /// Empty: none.
        package var gateway: [UInt8] = []
        package var preferredSource: [UInt8] = []
        /// 0: the kernel's choice.
        package var metric: UInt32 = 0
        package var mtu: UInt32 = 0
        package var scope: UInt32 = 0
        package var origin: UInt32 = 0
        package var kind: UInt32 = 0
        package var onLink = false

        package init() {}
    }

    /// A permanent one.
    package struct Neighbour: Equatable, Sendable {
        package var address: [UInt8]
        /// 6 bytes.
        package var hardwareAddress: [UInt8]

        package init(address: [UInt8], hardwareAddress: [UInt8]) {
            self.address = address
            self.hardwareAddress = hardwareAddress
        }
    }

    package var slot: UInt32 = 0
    package var name = ""
    /// 6 bytes.
    package var hardwareAddress: [UInt8] = []
    /// Bytes.
    package var mtu: UInt32 = 0
    package var addresses: [Address] = []
    /// In the order in which they are to be made.
    package var routes: [Route] = []
    package var neighbours: [Neighbour] = []
    /// Nothing goes through it.
    package var isDown = false
    /// The card's other end is no tap but a stream socket (passt(1)), which takes whole packets only: no checksum is left
    /// open, no segment is longer than the MTU.
    package var isStream = false
    /// To the guest, in bytes per second; 0: no limit.
    package var receiveRate: UInt64 = 0
    /// From the guest.
    package var sendRate: UInt64 = 0

    package init() {}
}
