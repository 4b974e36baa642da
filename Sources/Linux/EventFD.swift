internal import CLinux

/// eventfd(2): a counter that wakes a thread or is an interrupt line or doorbell of KVM.
/// Non-blocking; any thread may signal it.
package struct EventFD: ~Copyable, Sendable {
    package let descriptor: OwnedFD

    package init() throws(Errno) {
        descriptor = OwnedFD(taking: try Errno.check(cl_eventfd(0, Int32(EFD_NONBLOCK))))
    }

    /// Adds one to the counter.
    package borrowing func signal() {
        var one: UInt64 = 1
        // A full counter (EAGAIN) means that the reader is to wake up already.
        _ = unsafe cl_write(descriptor.rawValue, &one, 8)
    }

    /// Sets the counter to zero; true when it was not.
    @discardableResult
    package borrowing func drain() -> Bool {
        var count: UInt64 = 0
        return unsafe cl_read(descriptor.rawValue, &count, 8) == 8
    }
}
