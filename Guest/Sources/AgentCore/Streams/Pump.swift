internal import Linux

/// Carries bytes from one descriptor to another, in the agent's event loop: what a process writes to the
/// host, or the other way round.
///
/// Back-pressure: while the sink takes no more, the source is not watched, so the writer at its other end
/// blocks in the end. No more than one piece is held. An end of the source is passed on as `ending` says;
/// a sink that nobody reads any more closes the source, so that its writer hears of it.
final class Pump {
    /// How the sink learns that the source has ended.
    enum Ending {
        case close
        case shutdown
        /// Not at all: a terminal has no end of input.
        case nothing
    }

    private static let pieceSize = 65536

    private let loop: EventLoop
    private var source: OwnedFD?
    private var sink: OwnedFD?
    private let ending: Ending
    private var finished: (() -> Void)?
    private var sourceWatch: EventLoop.Registration?
    private var sinkWatch: EventLoop.Registration?
    private var pending: ArraySlice<UInt8> = []
    private var isDraining = false

    /// Takes over both descriptors and begins. `finished` is called once, when both are closed.
    init(
        _ loop: EventLoop, from source: consuming OwnedFD, to sink: consuming OwnedFD,
        ending: Ending, finished: @escaping () -> Void
    ) throws(Errno) {
        try source.setNonBlocking(true)
        try sink.setNonBlocking(true)
        self.loop = loop
        self.source = consume source
        self.sink = consume sink
        self.ending = ending
        self.finished = finished
        watchSource()
        watchSink([])
    }

    var isFinished: Bool { finished == nil }

    /// The writer is gone: what it has left is carried over, and then nothing is waited for.
    func drain() {
        isDraining = true
        if pending.isEmpty { transfer() }
    }

    /// Ends at once; what has not been carried over is lost.
    func cancel() {
        finish()
    }

    /// Reads a piece (all there is, when draining) and writes it.
    private func transfer() {
        repeat {
            guard let piece = readPiece() else { return }
            guard !piece.isEmpty else { return finish() }
            pending = piece[...]
            flush()
        } while isDraining && pending.isEmpty && !isFinished
    }

    /// Empty at the end of the source, nil when there is nothing now.
    private func readPiece() -> [UInt8]? {
        guard source != nil else { return nil }
        do throws(Errno) {
            return try source?.read(upTo: Pump.pieceSize)
        } catch .wouldBlock {
            return isDraining ? [] : nil
        } catch {
            // A terminal without a slave (EIO) or a connection that was reset: no more will come.
            return []
        }
    }

    private func flush() {
        while !pending.isEmpty {
            do throws(Errno) {
                // SAFETY: bytes have no padding.
                let count = try unsafe sink?.write(pending.span.bytes) ?? pending.count
                pending = pending.dropFirst(count)
            } catch .wouldBlock {
                return waitForSink()
            } catch {
                return finish()
            }
        }
        pending = []
    }

    private func waitForSink() {
        guard sourceWatch != nil else { return }
        // Removed, not only uninteresting: a hang-up would be reported over and over.
        unwatch(&sourceWatch)
        unwatch(&sinkWatch)
        watchSink(.writable)
    }

    private func sinkIsReady(_ readiness: Readiness) {
        guard !pending.isEmpty else {
            // Nothing is wanted of an idle sink, so this is a hang-up or an error.
            return finish()
        }
        flush()
        guard pending.isEmpty, !isFinished else { return }
        unwatch(&sinkWatch)
        watchSink([])
        watchSource()
        if isDraining { transfer() }
    }

    private func watchSource() {
        guard source != nil else { return }
        do throws(Errno) {
            sourceWatch = try source?.watch(in: loop, .readable) { [self] _ in transfer() }
        } catch {
            finish()
        }
    }

    /// A terminal that nobody has open hangs up and comes back; it is watched only when it is full.
    private func watchSink(_ interest: Readiness) {
        guard sink != nil, ending != .nothing || interest == .writable else { return }
        do throws(Errno) {
            sinkWatch = try sink?.watch(in: loop, interest) { [self] in sinkIsReady($0) }
        } catch .notPermitted {
            // A file: always ready.
        } catch {
            finish()
        }
    }

    private func unwatch(_ watch: inout EventLoop.Registration?) {
        if let registration = watch { loop.remove(registration) }
        watch = nil
    }

    private func finish() {
        guard let finished else { return }
        self.finished = nil
        unwatch(&sourceWatch)
        unwatch(&sinkWatch)
        pending = []
        if ending == .shutdown { try? sink?.shutdownWriting() }
        source = nil
        sink = nil
        finished()
    }
}

extension OwnedFD {
    fileprivate borrowing func watch(
        in loop: EventLoop, _ interest: Readiness, _ handler: @escaping (Readiness) -> Void
    ) throws(Errno) -> EventLoop.Registration {
        try loop.add(self, interest, handler)
    }

    fileprivate borrowing func shutdownWriting() throws(Errno) {
        try UnixSocket.shutdown(self, .writing)
    }
}
