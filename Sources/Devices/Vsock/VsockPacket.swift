/// The header of a packet of the socket device (virtio 1.2, 5.10.6): 44 bytes, little-endian. The payload follows.
package struct VsockHeader: Equatable, Sendable {
    /// VIRTIO_VSOCK_OP_*.
    package enum Operation: UInt16, Sendable {
        case request = 1
        case response = 2
        case reset = 3
        case shutdown = 4
        case readWrite = 5
        case creditUpdate = 6
        case creditRequest = 7
    }

    /// Flags of `shutdown`: what the sender will not do any more.
    package struct Shutdown: OptionSet, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        package static let receive = Shutdown(rawValue: 1)
        package static let send = Shutdown(rawValue: 2)
        package static let both: Shutdown = [.receive, .send]
    }

    package static let size = 44
    /// VIRTIO_VSOCK_TYPE_STREAM, the only type that is offered.
    package static let streamType: UInt16 = 1

    package var sourceCID: UInt64 = 0
    package var destinationCID: UInt64 = 0
    package var sourcePort: UInt32 = 0
    package var destinationPort: UInt32 = 0
    /// Of the payload, in bytes.
    package var length: UInt32 = 0
    package var type: UInt16 = Self.streamType
    /// The number of an `Operation`, or whatever the guest wrote.
    package var operation: UInt16 = 0
    package var flags: UInt32 = 0
    /// How much the sender can buffer in all, and how much of it has left its buffer so far (wraps).
    package var bufferSize: UInt32 = 0
    package var forwardedCount: UInt32 = 0

    package init() {}

    /// Reads a header; nil when there are fewer than 44 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.size else { return nil }
        func number(_ offset: Int, _ count: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
        }
        sourceCID = number(0, 8)
        destinationCID = number(8, 8)
        sourcePort = UInt32(number(16, 4))
        destinationPort = UInt32(number(20, 4))
        length = UInt32(number(24, 4))
        type = UInt16(number(28, 2))
        operation = UInt16(number(30, 2))
        flags = UInt32(number(32, 4))
        bufferSize = UInt32(number(36, 4))
        forwardedCount = UInt32(number(40, 4))
    }

    /// The 44 bytes.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.size)
        func append(_ value: UInt64, _ count: Int) {
            for index in 0..<count {
                result.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)))
            }
        }
        append(sourceCID, 8)
        append(destinationCID, 8)
        append(UInt64(sourcePort), 4)
        append(UInt64(destinationPort), 4)
        append(UInt64(length), 4)
        append(UInt64(type), 2)
        append(UInt64(operation), 2)
        append(UInt64(flags), 4)
        append(UInt64(bufferSize), 4)
        append(UInt64(forwardedCount), 4)
        return result
    }
}
