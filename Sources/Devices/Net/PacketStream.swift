internal import Linux

/// Ethernet frames in a stream of bytes, each with its length in front of it: 4 bytes, big-endian (passt(1), QEMU's
/// `-netdev stream`). Pure: others read and write the bytes.
internal struct PacketStream: Sendable {
    /// How much is read at once, in bytes.
    static let readSize = 65536
    private static let lengthCount = 4
    /// An Ethernet header, and the longest frame.
    private static let frameCounts = 14...(PacketLength.maximum - NetworkHeader.count)
    /// VIRTIO_NET_HDR_F_NEEDS_CSUM.
    private static let needsChecksum: UInt8 = 1

    private var input = ByteQueue()
    private var output = ByteQueue()

    mutating func received(_ bytes: [UInt8]) {
        input.append(bytes)
    }

    /// The next frame that has come in full; nil where none has. EIO where the other end breaks the rules.
    mutating func nextFrame() throws(Errno) -> [UInt8]? {
        guard let count = try frameCount(), input.count >= Self.lengthCount + count else {
            return nil
        }
        let frame = Array(input.contents.dropFirst(Self.lengthCount).prefix(count))
        input.removeFirst(Self.lengthCount + count)
        return frame
    }

    /// Whether `nextFrame` has something to tell.
    var holdsFrame: Bool {
        guard let count = try? frameCount() else { return input.count >= Self.lengthCount }
        return input.count >= Self.lengthCount + count
    }

    private func frameCount() throws(Errno) -> Int? {
        guard input.count >= Self.lengthCount else { return nil }
        let count = input.contents.prefix(Self.lengthCount).reduce(0) { $0 << 8 | Int($1) }
        guard Self.frameCounts.contains(count) else { throw .io }
        return count
    }

    /// Takes a packet with its header of virtio. EINVAL where it leaves work to the other end, which does none, or is no
    /// frame.
    mutating func send(_ packet: IOVector) throws(Errno) {
        let header = packet.copyOut(NetworkHeader.count)
        let count = packet.count - NetworkHeader.count
        // Flags, and the kind of segments.
        guard Self.frameCounts.contains(count), header[0] & Self.needsChecksum == 0, header[1] == 0
        else { throw .invalidArgument }
        output.append(
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
                + packet.dropFirst(NetworkHeader.count).copyOut(count))
    }

    /// What is to be written.
    var unsent: ArraySlice<UInt8> { output.contents }

    mutating func sent(_ count: Int) {
        output.removeFirst(count)
    }
}
