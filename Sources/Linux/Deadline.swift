internal import CLinux
internal import Glibc

/// Something that happens later unless it is cancelled. Belongs to the event loop's thread.
package final class Deadline {
    private let loop: EventLoop
    private var number: UInt64?

    /// Calls `action` once, after this many milliseconds, while this object lives.
    package init(loop: EventLoop, milliseconds: Int64, _ action: @escaping () -> Void) {
        self.loop = loop
        number = loop.add(deadline: Self.now + max(0, milliseconds) * 1_000_000) { [weak self] in
            self?.number = nil
            action()
        }
    }

    deinit {
        cancel()
    }

    package func cancel() {
        if let number { loop.remove(deadline: number) }
        number = nil
    }

    /// The monotonic clock, in nanoseconds.
    static var now: Int64 { cl_clock_ns(CLOCK_MONOTONIC) }
}
