internal import CLinux

/// Which work a tap may leave to its owner (TUN_F_* of linux/if_tun.h): packets without checksum, and segments that are
/// longer than the link's MTU.
package struct TapOffloads: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let checksum = TapOffloads(rawValue: 0x01)
    /// These two need `checksum`.
    package static let segmentation4 = TapOffloads(rawValue: 0x02)
    package static let segmentation6 = TapOffloads(rawValue: 0x04)
}

extension OwnedFD {
    /// TUNSETOFFLOAD of a tap: what packets that are read from it may be from now on.
    package borrowing func setTapOffloads(_ offloads: TapOffloads) throws(Errno) {
        // _IOW('T', 208, unsigned int) of linux/if_tun.h, whose argument is the value itself.
        try Errno.check(cl_ioctl_value(rawValue, 0x4004_54d0, UInt(offloads.rawValue)))
    }

    /// TUNSETQUEUE of a queue of a tap that was made for several (IFF_MULTI_QUEUE): whether its interface uses it. EINVAL
    /// where that is so already.
    package borrowing func setTapQueue(enabled: Bool) throws(Errno) {
        // struct ifreq of 40 bytes, with flags behind the name of 16: IFF_ATTACH_QUEUE or IFF_DETACH_QUEUE.
        var request = [UInt8](repeating: 0, count: 40)
        request[17] = enabled ? 0x02 : 0x04
        // _IOW('T', 217, int).
        _ = try control(0x4004_54d9, &request)
    }
}
