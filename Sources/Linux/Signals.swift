internal import CLinux
internal import Glibc

/// A set of signals: bit N-1 stands for signal N.
package struct SignalSet: Sendable {
    package var bits: UInt64

    package init(_ signals: Int32...) {
        bits = signals.reduce(0) { $0 | 1 << UInt64($1 - 1) }
    }

    /// All 64 of them.
    package static var all: SignalSet {
        var set = SignalSet()
        set.bits = UInt64.max
        return set
    }

    /// What others can send to a process that takes its signals as messages. Not those that the kernel sends for a
    /// fault of the process, that cannot be caught, that are about its own children or pipes, or that the C library
    /// keeps for itself.
    package static var messages: SignalSet {
        let others: [Int32] = [
            SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPIPE,
            SIGCHLD, SIGTTIN, SIGTTOU, 32, 33, 34,
        ]
        var set = SignalSet.all
        for signal in others { set.bits &= ~(1 << UInt64(signal - 1)) }
        return set
    }

    /// Blocks the signals in the calling thread and those it starts.
    package func block() throws(Errno) {
        try Errno.check(cl_signal_mask(bits, 1))
    }

    /// Lets them through in the calling thread.
    package func unblock() throws(Errno) {
        try Errno.check(cl_signal_mask(bits, 0))
    }
}

/// signalfd(2) over signals that its maker has blocked. Non-blocking; one thread reads it.
package struct SignalFD: ~Copyable, Sendable {
    package let descriptor: OwnedFD

    /// Blocks the signals in the calling thread (so: before other threads start) and makes the descriptor.
    package init(blocking signals: SignalSet) throws(Errno) {
        try signals.block()
        let flags = Int32(SFD_NONBLOCK)
        descriptor = OwnedFD(taking: try Errno.check(cl_signalfd(signals.bits, flags)))
    }

    /// The next pending signal, or nil.
    package borrowing func next() -> Int32? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard unsafe cl_read(descriptor.rawValue, &info, size) == size else { return nil }
        return Int32(info.ssi_signo)
    }
}
