internal import Glibc
package import Linux
internal import Protocols

/// `run` without `--detach`: the verb stays, passes signals and the terminal on, and ends with the container.
///
/// All forwardable signals are blocked and read from a descriptor, so that the terminal is given back
/// whatever comes. One thread uses it.
package final class ForegroundSession {
    private let sandbox: SandboxProcess
    private let log: Log
    private let terminal: (host: HostTerminal, relay: TerminalRelay, pseudo: PseudoTerminal)?
    private let signals: SignalFD
    private var client: SandboxClient

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
        _ sandbox: SandboxProcess, in directory: borrowing ContainerDirectory,
        terminal: (host: HostTerminal, pseudo: PseudoTerminal)?, log: Log
    ) throws(RuntimeError) {
        self.sandbox = sandbox
        self.log = log
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
        client = try SandboxClient(directory)
    }

    /// Starts the created container and stays until its sandbox has ended; answers how.
    package func run() throws(RuntimeError) -> Child.End {
        try terminal?.host.makeRaw()
        defer { terminal?.host.restore() }
        try client.start()
        while true {
            var poll = Poll()
            let signal = poll.add(signals.descriptor.rawValue, reading: true)
            let process = poll.add(sandbox.processNumber, reading: true)
            let report = poll.add(sandbox.reportNumber, reading: true)
            terminal?.relay.prepare(&poll)
            do throws(Errno) {
                try poll.wait()
            } catch {
                throw .system("poll", error)
            }
            if poll.isReady(signal) { forwardSignals() }
            if poll.isReady(report) { _ = try sandbox.takeReport() }
            terminal?.relay.step(poll)
            if poll.isReady(process) { return try finish() }
        }
    }

    private func finish() throws(RuntimeError) -> Child.End {
        while sandbox.reportNumber != nil { _ = try sandbox.takeReport() }
        terminal?.relay.finish()
        return try sandbox.end()
    }

    private func forwardSignals() {
        while let signal = signals.next() {
            if signal == SIGWINCH {
                resize()
                continue
            }
            log.write(.debug, "passing on \(SignalName.text(of: signal))")
            do throws(RuntimeError) {
                try client.signal(signal)
            } catch {
                // The container may have ended a moment ago.
                log.write(.debug, "\(SignalName.text(of: signal)): \(error)")
            }
        }
    }

    private func resize() {
        guard let terminal, let size = terminal.host.size else { return }
        try? Terminal.setSize(size, of: terminal.pseudo.master.rawValue)
    }
}
