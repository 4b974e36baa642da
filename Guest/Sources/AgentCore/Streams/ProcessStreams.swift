internal import Glibc
internal import Linux
internal import Protocols

/// The streams of one process: connections to the host, real pipes for the process (programs open
/// /dev/stdout again, which a socket forbids) and the pumps between them. With a terminal one connection
/// carries both directions.
final class ProcessStreams {
    private let loop: EventLoop
    /// The ends that go to the child, until it has them.
    private var childEnds: [ChildEnd] = []
    private var input: Pump?
    private var outputs: [Pump] = []
    /// The connection of a terminal, until its master is known.
    private var connection: OwnedFD?
    private var master: OwnedFD?
    /// While the agent has the slave open, too, the master does not hang up: a program may close all its
    /// descriptors of the terminal and open it again.
    private var slave: OwnedFD?
    private let keepsNewlines: Bool
    private var whenDrained: (() -> Void)?

    private final class ChildEnd {
        let descriptor: OwnedFD
        let isPipe: Bool

        init(_ descriptor: consuming OwnedFD, isPipe: Bool = false) {
            self.descriptor = descriptor
            self.isPipe = isPipe
        }
    }

    /// Connects to the ports of the plan and makes the pipes. The host answers at once, or the request
    /// that asked for the process fails.
    init(
        _ loop: EventLoop, _ plan: ProcessPlan, connect: (UInt32) throws(Errno) -> OwnedFD
    ) throws(Errno) {
        self.loop = loop
        keepsNewlines = plan.terminalKeepsNewlines
        guard !plan.terminal else {
            connection = try connect(plan.streams.stdin)
            for _ in 0..<3 { childEnds.append(ChildEnd(try Self.null())) }
            return
        }
        do throws(Errno) {
            try makeInput(plan.streams.stdin, connect)
            try makeOutput(plan.streams.stdout, connect)
            try makeOutput(plan.streams.stderr, connect)
        } catch {
            // The loop keeps pumps that have begun.
            cancel()
            throw error
        }
    }

    /// None of the host's: a file to read from, and nobody who reads what the process writes.
    init(_ loop: EventLoop, input: consuming OwnedFD) throws(Errno) {
        self.loop = loop
        keepsNewlines = false
        childEnds = [ChildEnd(input)]
        for _ in 0..<2 { childEnds.append(ChildEnd(try Self.null())) }
    }

    /// What the child gets as 0, 1 and 2.
    var childDescriptors: [Int32] { childEnds.map { $0.descriptor.rawValue } }

    /// Makes pipes the property of a user. A child can only do that itself where its user namespace knows their owner.
    func giveChildEnds(to user: UInt32) throws(Errno) {
        for end in childEnds where end.isPipe {
            try end.descriptor.setOwner(user: user, group: UInt32.max)
        }
    }

    /// The child has its ends now.
    func closeChildEnds() {
        childEnds = []
    }

    private static func null() throws(Errno) -> OwnedFD {
        try OwnedFD.open("/dev/null", O_RDWR)
    }

    private func makeInput(
        _ port: UInt32, _ connect: (UInt32) throws(Errno) -> OwnedFD
    ) throws(Errno) {
        guard port != 0 else { return childEnds.append(ChildEnd(try Self.null())) }
        let connection = try connect(port)
        let pipe = try Pipe()
        childEnds.append(ChildEnd(try pipe.takeReading(), isPipe: true))
        input = try Pump(loop, from: connection, to: pipe.takeWriting(), ending: .close) {}
    }

    private func makeOutput(
        _ port: UInt32, _ connect: (UInt32) throws(Errno) -> OwnedFD
    ) throws(Errno) {
        guard port != 0 else { return childEnds.append(ChildEnd(try Self.null())) }
        let connection = try connect(port)
        let pipe = try Pipe()
        childEnds.append(ChildEnd(try pipe.takeWriting(), isPipe: true))
        outputs.append(
            try Pump(loop, from: pipe.takeReading(), to: connection, ending: .shutdown) {
                [weak self] in
                self?.outputFinished()
            })
    }

    /// Takes the master of the child's terminal and begins to carry its bytes.
    func start(master: consuming OwnedFD) throws(Errno) {
        guard let connection = connection.take() else { return }
        let flags = Int64(OpenFlags.readWrite | OpenFlags.noTerminal | OpenFlags.closeOnExec)
        slave = OwnedFD(
            taking: Int32(
                try SystemCall.ioctl(
                    Int64(master.rawValue), Int64(Request.openTerminalPeer), flags)))
        if keepsNewlines { try Terminal.keepNewlines(master.rawValue) }
        input = try Pump(
            loop, from: connection.duplicate(), to: master.duplicate(), ending: .nothing
        ) {}
        outputs.append(
            try Pump(loop, from: master.duplicate(), to: connection, ending: .shutdown) {
                [weak self] in self?.outputFinished()
            })
        self.master = consume master
    }

    /// The size of the terminal (TIOCSWINSZ); ENOTTY without one.
    func resize(rows: UInt32, columns: UInt32) throws(Errno) {
        guard let number = master?.rawValue else { throw Errno(rawValue: ENOTTY) }
        let memory = LaunchMemory()
        let size = memory.values([UInt16(clamping: rows), UInt16(clamping: columns), 0, 0])
        // SAFETY: none of it is unsafe by type; the struct winsize of four 16-bit numbers lives in `memory`.
        try SystemCall.ioctl(
            Int64(number), Int64(Request.setWindowSize), Int64(bitPattern: size))
        withExtendedLifetime(memory) {}
    }

    /// The process has ended. `drained` is called when everything it wrote has been handed over; what
    /// others write, who have inherited its streams, is not waited for.
    func processEnded(drained: @escaping () -> Void) {
        input?.cancel()
        input = nil
        whenDrained = drained
        for output in outputs { output.drain() }
        outputFinished()
    }

    private func outputFinished() {
        guard outputs.allSatisfy(\.isFinished), let drained = whenDrained.take() else { return }
        slave = nil
        master = nil
        connection = nil
        drained()
    }

    /// Ends everything at once: the process was never started.
    func cancel() {
        input?.cancel()
        for output in outputs { output.cancel() }
        childEnds = []
        slave = nil
        master = nil
        connection = nil
    }
}
