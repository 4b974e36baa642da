internal import Glibc
internal import Linux

/// Signals to this process that mean its container. Belongs to the event loop's thread.
internal final class SignalForwarder {
    private let loop: EventLoop
    private let descriptor: SignalFD
    private var watch: EventLoop.Registration?

    /// Blocks the signals in this thread, which must not have started others yet.
    init(loop: EventLoop, _ handle: @escaping (Int32) -> Void) throws(Errno) {
        self.loop = loop
        descriptor = try SignalFD(blocking: .messages)
        try SignalSet(SIGPIPE, SIGTTIN, SIGTTOU).block()
        watch = try loop.add(descriptor.descriptor, .readable) { [weak self] _ in
            while let signal = self?.descriptor.next() { handle(signal) }
        }
    }

    deinit {
        if let watch { loop.remove(watch) }
    }
}
