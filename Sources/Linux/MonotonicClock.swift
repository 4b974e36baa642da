internal import CLinux
internal import Glibc

/// A clock that does not go back, and tells the time between two calls.
package enum MonotonicClock {
    /// In nanoseconds.
    package static func now() -> UInt64 {
        UInt64(max(0, cl_clock_ns(CLOCK_MONOTONIC)))
    }
}
