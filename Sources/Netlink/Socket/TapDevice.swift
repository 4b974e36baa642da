package import Linux

/// A tap: an interface of the network namespace that its thread was in when it was made, whose other end is a descriptor
/// (tuntap.rst of the kernel's documentation). It goes when the last copy of that is closed.
///
/// What is read and written is one Ethernet frame at a time, with a header of virtio of 12 bytes in front of it.
package struct TapDevice: ~Copyable {
    /// IFF_* of linux/if_tun.h.
    private static let flags: UInt16 = 0x0002 | 0x1000 | 0x4000  // TAP, NO_PI, VNET_HDR
    /// IFNAMSIZ of linux/if.h.
    private static let nameSize = 16
    /// struct ifreq.
    private static let requestSize = 40

    private let file: OwnedFD
    /// Of the interface, as the kernel has chosen it.
    package let name: String

    /// `pattern` is a name of at most 15 bytes, in which `%d` becomes a number that is free.
    ///
    /// EBUSY or EINVAL where there is such a name; ENOENT where the kernel has no taps.
    package init(_ pattern: String) throws(NetlinkError) {
        do throws(Errno) { self = try Self(opening: pattern) } catch { throw .system(error) }
    }

    private init(opening pattern: String) throws(Errno) {
        guard !pattern.isEmpty, pattern.utf8.count < Self.nameSize else { throw .invalidArgument }
        // O_RDWR
        let file = try OwnedFD.open("/dev/net/tun", 2)
        var request = Array(pattern.utf8)
        request += [UInt8](repeating: 0, count: Self.nameSize - request.count)
        request += Self.flags.messageBytes
        request += [UInt8](repeating: 0, count: Self.requestSize - request.count)
        // TUNSETIFF: _IOW('T', 202, int).
        _ = try file.control(0x4004_54ca, &request)
        var headerSize = Int32(12).messageBytes
        // TUNSETVNETHDRSZ: _IOW('T', 216, int).
        _ = try file.control(0x4004_54d8, &headerSize)
        let name = request.prefix(Self.nameSize).prefix { $0 != 0 }
        self.name = String(decoding: name, as: UTF8.self)
        self.file = file
    }

    /// Gives the descriptor away.
    package consuming func takeDescriptor() -> OwnedFD {
        file
    }
}
