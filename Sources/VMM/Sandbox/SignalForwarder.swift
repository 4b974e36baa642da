internal import Glibc
internal import Linux

/// Signals to this process that mean its container. Belongs to the event loop's thread.
internal final class SignalForwarder {
    /// Not those that the kernel sends for a fault of this process, that cannot be caught, that are about its own
    /// children or pipes, or that the C library keeps for itself.
    private static let untouched: [Int32] = [
        SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPIPE,
        SIGCHLD, SIGTTIN, SIGTTOU, 32, 33, 34,
    ]

    static var forwarded: SignalSet {
        var signals = SignalSet.all
        for signal in untouched { signals.bits &= ~(1 << UInt64(signal - 1)) }
        return signals
    }

    private let loop: EventLoop
    private let descriptor: SignalFD
    private var watch: EventLoop.Registration?

    /// Blocks the signals in this thread, which must not have started others yet.
    init(loop: EventLoop, _ handle: @escaping (Int32) -> Void) throws(Errno) {
        self.loop = loop
        descriptor = try SignalFD(blocking: Self.forwarded)
        try SignalSet(SIGPIPE, SIGTTIN, SIGTTOU).block()
        watch = try loop.add(descriptor.descriptor, .readable) { [weak self] _ in
            while let signal = self?.descriptor.next() { handle(signal) }
        }
    }

    deinit {
        if let watch { loop.remove(watch) }
    }
}
