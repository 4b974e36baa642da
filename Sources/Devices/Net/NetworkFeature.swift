internal import Linux
internal import Virtio

/// Feature bits of a network device (virtio 1.2, 5.1.3).
internal enum NetworkFeature {
    /// The device takes packets whose checksum is not computed yet.
    static let checksum: UInt64 = 1 << 0
    /// The driver does.
    static let guestChecksum: UInt64 = 1 << 1
    static let mac: UInt64 = 1 << 5
    /// The driver takes segments that are longer than the MTU.
    static let guestSegmentation4: UInt64 = 1 << 7
    static let guestSegmentation6: UInt64 = 1 << 8
    /// The device does.
    static let hostSegmentation4: UInt64 = 1 << 11
    static let hostSegmentation6: UInt64 = 1 << 12
    /// A packet may fill more than one buffer of the driver.
    static let mergeableBuffers: UInt64 = 1 << 15
    /// The configuration tells whether there is a link.
    static let status: UInt64 = 1 << 16
    static let controlQueue: UInt64 = 1 << 17
    /// More than one queue pair.
    static let multiqueue: UInt64 = 1 << 22

    /// Of a card with one queue pair.
    static let all =
        checksum | guestChecksum | mac | guestSegmentation4 | guestSegmentation6
        | hostSegmentation4 | hostSegmentation6 | mergeableBuffers | status | Feature.common

    /// What the driver takes from a tap. Segments need a checksum that is left open (5.1.3.1).
    static func offloads(_ features: UInt64) -> TapOffloads {
        guard features & guestChecksum != 0 else { return [] }
        var offloads: TapOffloads = .checksum
        if features & guestSegmentation4 != 0 { offloads.insert(.segmentation4) }
        if features & guestSegmentation6 != 0 { offloads.insert(.segmentation6) }
        return offloads
    }
}

/// struct virtio_net_hdr, which stands before every packet (5.1.6). A tap writes and checks all of it but `num_buffers`.
internal enum NetworkHeader {
    /// In bytes, as VERSION_1 has it.
    static let count = 12
    /// Where `num_buffers` is.
    static let bufferCountOffset = 10
}

/// How long packets are, their headers included, in bytes.
internal enum PacketLength {
    /// An Ethernet header of 14 bytes and 1500 more (5.1.6.3.1).
    static let ordinary = NetworkHeader.count + 1514
    /// A segment of IP of 65535 bytes, with a VLAN tag.
    static let maximum = NetworkHeader.count + 18 + 65535
}
