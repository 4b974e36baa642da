internal import Glibc
package import Linux

/// A verb in the foreground: it stays, passes signals and the terminal on, and ends with the process of the host that
/// stands for the container's or for one of exec's.
///
/// All forwardable signals are blocked and read from a descriptor, so that the terminal is given back
/// whatever comes. One thread uses it.
package final class ForegroundSession {
    private let terminal: (host: HostTerminal, relay: TerminalRelay, pseudo: PseudoTerminal)?
    private let signals: SignalFD

    /// Signals that cannot be passed on: KILL and STOP, which cannot be caught; CHLD, URG and PIPE, which
    /// this process is meant by; 32 and 33, which belong to the C library.
    private static var forwarded: SignalSet {
        var set = SignalSet.all
        for signal in [SIGKILL, SIGSTOP, SIGCHLD, SIGURG, SIGPIPE, 32, 33] {
            set.bits &= ~(1 << UInt64(signal - 1))
        }
        return set
    }

    package init(
        terminal: (host: HostTerminal, pseudo: PseudoTerminal)?
    ) throws(RuntimeError) {
        if let terminal {
            self.terminal = (
                terminal.host, try TerminalRelay(terminal.pseudo), terminal.pseudo
            )
        } else {
            self.terminal = nil
        }
        do throws(Errno) {
            signals = try SignalFD(blocking: Self.forwarded)
        } catch {
            throw .system("signalfd", error)
        }
    }

    /// Stays until the process has ended; answers how. `begin` is called when all is ready for its output.
    package func run(
        _ process: borrowing Child, begin: () throws(RuntimeError) -> Void = {}
    ) throws(RuntimeError) -> Child.End {
        try terminal?.host.makeRaw()
        defer { terminal?.host.restore() }
        try begin()
        while true {
            var poll = Poll()
            let signal = poll.add(signals.descriptor.rawValue, reading: true)
            let ended = poll.add(process.descriptor.rawValue, reading: true)
            terminal?.relay.prepare(&poll)
            do throws(Errno) {
                try poll.wait()
            } catch {
                throw .system("poll", error)
            }
            if poll.isReady(signal) { forwardSignals(to: process) }
            terminal?.relay.step(poll)
            if poll.isReady(ended) {
                terminal?.relay.finish()
                return try RuntimeError.wrap("wait") { () throws(Errno) in try process.wait() }
            }
        }
    }

    private func forwardSignals(to process: borrowing Child) {
        while let signal = signals.next() {
            if signal == SIGWINCH {
                resize()
            } else {
                process.signal(signal)
            }
        }
    }

    private func resize() {
        guard let terminal, let size = terminal.host.size else { return }
        try? Terminal.setSize(size, of: terminal.pseudo.master.rawValue)
    }
}
