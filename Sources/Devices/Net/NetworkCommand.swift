/// A command of the control queue (virtio 1.2, 5.1.6.5), as far as the card has them.
internal enum NetworkCommand: Equatable, Sendable {
    /// VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET: so many queue pairs are in use from now on.
    case usePairs(Int)

    /// How the device answers.
    enum Acknowledgement: UInt8 {
        case ok = 0
        case error = 1
    }

    /// Class and command, 1 byte each, and what it takes.
    static let size = 4

    /// nil where the bytes are no such command, in full and without more.
    init?(_ bytes: [UInt8]) {
        // VIRTIO_NET_CTRL_MQ, VQ_PAIRS_SET.
        guard bytes.count == Self.size, bytes[0] == 4, bytes[1] == 0 else { return nil }
        self = .usePairs(Int(bytes[2]) | Int(bytes[3]) << 8)
    }
}
