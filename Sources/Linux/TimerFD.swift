internal import CLinux
internal import Glibc

/// timerfd_create(2) on the monotonic clock. Non-blocking; one thread reads it.
package struct TimerFD: ~Copyable, Sendable {
    package let descriptor: OwnedFD

    package init() throws(Errno) {
        let flags = Int32(TFD_NONBLOCK)
        descriptor = OwnedFD(taking: try Errno.check(cl_timerfd(CLOCK_MONOTONIC, flags)))
    }

    /// Fires once after this many milliseconds; 0 disarms it.
    package borrowing func set(milliseconds: Int64) throws(Errno) {
        try Errno.check(cl_timerfd_set(descriptor.rawValue, milliseconds * 1_000_000, 0))
    }

    /// Whether it has fired since the last call.
    package borrowing func drain() -> Bool {
        var count: UInt64 = 0
        return unsafe cl_read(descriptor.rawValue, &count, 8) == 8
    }
}
