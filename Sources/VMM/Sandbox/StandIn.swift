internal import Glibc
package import Linux
package import Protocols

/// The process on the host that stands for one in the guest, of exec or the first of a container that was added to a
/// machine (whose name is empty): it passes signals and sizes of the terminal on, and
/// ends with its status. When it dies, the sandbox kills the one that it stands for. It has one thread.
package struct StandIn: ~Copyable {
    /// What it exits with when the sandbox is gone before it has told how the process has ended.
    private static let lostStatus: Int32 = 255

    private let connection: OwnedFD
    private let jail: Jail
    private let container: String
    private let process: String
    private let signals: SignalFD
    private let terminal: ControllingTerminal?
    private let go: OwnedFD?
    private var reader = FrameReader()

    /// Takes over the connection to the sandbox over which the process is started, the slave of its terminal, and `go`: until a
    /// byte comes from there the connection is its maker's. Without it the process is there already.
    package init(
        connection: consuming OwnedFD, terminal: consuming OwnedFD?, go: consuming OwnedFD?,
        jail: JailConfiguration,
        container: String, process: String
    ) throws(Errno) {
        let signals = try SignalFD(blocking: .messages)
        try SignalSet(SIGPIPE, SIGTTIN, SIGTTOU).block()
        if let terminal = terminal.take() {
            self.terminal = try ControllingTerminal(terminal)
        } else {
            self.terminal = nil
        }
        self.signals = signals
        self.jail = Jail(jail)
        self.connection = connection
        self.go = go
        self.container = container
        self.process = process
    }

    /// How it confines itself: the frame in this file, which is closed.
    package static func jail(in file: consuming OwnedFD) throws -> JailConfiguration {
        var reader = FrameReader()
        reader.append(try file.read(upTo: Int(file.size()), at: 0))
        guard let frame = try reader.next() else { throw MessageError.malformed }
        return try JailConfiguration(decoding: frame)
    }

    private func confine() throws(Jail.Failure) {
        var shares: [Share] = []
        try jail.enclose(&shares)
        try jail.confineProcess(servesFiles: false, log: 2)
        try jail.seal(.loop)
    }

    /// Answers the status to exit with.
    package mutating func run() throws -> Int32 {
        let own = UInt32(getpid())
        try confine()
        if let word = try go?.read(upTo: 1), word.isEmpty { return Self.lostStatus }
        // A sandbox that is gone may have left word of the end.
        try? send(.handOver(pid: own))
        // One that was set before the terminal was ours came without a signal.
        passSizeOn()
        while true {
            var poll = Poll()
            let signal = poll.add(signals.descriptor.rawValue, reading: true)
            let reply = poll.add(connection.rawValue, reading: true)
            try poll.wait()
            if poll.isReady(signal) { passSignalsOn() }
            if poll.isReady(reply), let status = receive() { return status }
        }
    }

    private borrowing func send(_ body: SandboxRequest.Body) throws(Errno) {
        try connection.writeAll(
            Frame.encode(SandboxRequest(container: container, body: body)))
    }

    private borrowing func passSignalsOn() {
        while let signal = signals.next() {
            if signal == SIGWINCH, terminal != nil {
                passSizeOn()
            } else {
                let signal = ProcessSignal(
                    container: container, process: process, signal: UInt32(signal))
                try? send(.agent(.signalProcess(signal)))
            }
        }
    }

    private borrowing func passSizeOn() {
        guard let size = terminal?.size, size.rows > 0, size.columns > 0 else { return }
        let message = TerminalSize(
            container: container, process: process, rows: size.rows, columns: size.columns)
        try? send(.agent(.resizeTerminal(message)))
    }

    /// Answers to signals are no news.
    private mutating func receive() -> Int32? {
        do {
            let bytes = try connection.read(upTo: 65536)
            guard !bytes.isEmpty else { return Self.lostStatus }
            reader.append(bytes)
            while let frame = try reader.next() {
                if let status = try SandboxReply(decoding: frame).exitStatus { return status }
            }
            return nil
        } catch {
            return Self.lostStatus
        }
    }
}
