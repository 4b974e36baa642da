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

/// Something that happens later unless it is cancelled. Belongs to the event loop's thread.
package final class Deadline {
    private let loop: EventLoop
    private let timer: TimerFD
    private var watch: EventLoop.Registration?

    /// Calls `action` once, after this many milliseconds, while this object lives.
    package init(
        loop: EventLoop, milliseconds: Int64, _ action: @escaping () -> Void
    ) throws(Errno) {
        self.loop = loop
        timer = try TimerFD()
        try timer.set(milliseconds: milliseconds)
        watch = try loop.add(timer.descriptor, .readable) { [weak self] _ in
            self?.cancel()
            action()
        }
    }

    deinit {
        cancel()
    }

    package func cancel() {
        if let watch { loop.remove(watch) }
        watch = nil
    }
}
