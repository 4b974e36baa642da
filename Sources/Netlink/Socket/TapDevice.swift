package import Linux

/// A tap: an interface of the network namespace that its thread was in when it was made, whose other end is a descriptor,
/// or several that share the packets flow by flow (tuntap.rst of the kernel's documentation). It goes when the last copy of
/// them is closed.
///
/// What is read and written is one Ethernet frame at a time, with a header of virtio of 12 bytes in front of it.
package struct TapDevice: ~Copyable {
    /// IFF_* of linux/if_tun.h.
    private static let flags: UInt16 = 0x0002 | 0x1000 | 0x4000  // TAP, NO_PI, VNET_HDR
    private static let multiqueue: UInt16 = 0x0100
    /// IFNAMSIZ of linux/if.h.
    private static let nameSize = 16
    /// struct ifreq.
    private static let requestSize = 40

    private let files: PassedDescriptors
    /// Of the interface, as the kernel has chosen it.
    package let name: String

    /// `pattern` is a name of at most 15 bytes, in which `%d` becomes a number that is free; `queueCount` is 1 at least.
    ///
    /// EBUSY or EINVAL where there is such a name; ENOENT where the kernel has no taps.
    package init(_ pattern: String, queueCount: Int = 1) throws(NetlinkError) {
        do throws(Errno) {
            let flags = Self.flags | (queueCount > 1 ? Self.multiqueue : 0)
            let files = PassedDescriptors()
            var name = pattern
            // The first one makes the interface, the others join it.
            for _ in 0..<queueCount { files.append(try Self.open(&name, flags)) }
            (self.files, self.name) = (files, name)
        } catch {
            throw .system(error)
        }
    }

    private static func open(
        _ pattern: inout String, _ flags: UInt16
    ) throws(Errno) -> PassedDescriptors {
        guard !pattern.isEmpty, pattern.utf8.count < Self.nameSize else { throw .invalidArgument }
        // O_RDWR
        let file = try OwnedFD.open("/dev/net/tun", 2)
        var request = Array(pattern.utf8)
        request += [UInt8](repeating: 0, count: Self.nameSize - request.count)
        request += flags.messageBytes
        request += [UInt8](repeating: 0, count: Self.requestSize - request.count)
        // TUNSETIFF: _IOW('T', 202, int).
        _ = try file.control(0x4004_54ca, &request)
        var headerSize = Int32(12).messageBytes
        // TUNSETVNETHDRSZ: _IOW('T', 216, int).
        _ = try file.control(0x4004_54d8, &headerSize)
        let name = request.prefix(Self.nameSize).prefix { $0 != 0 }
        pattern = String(decoding: name, as: UTF8.self)
        return PassedDescriptors([file.release()])
    }

    /// Gives the descriptors away: one per queue.
    package consuming func takeDescriptors() -> PassedDescriptors {
        files
    }
}
