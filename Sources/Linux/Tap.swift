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
}
