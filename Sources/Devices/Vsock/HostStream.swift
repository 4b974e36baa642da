package import Linux

/// The host's end of a stream: where bytes for the guest come from and where those of the guest go.
///
/// Belongs to the event loop's thread. Closes its descriptors when it goes.
package final class HostStream {
    private var input: WatchedStream?
    private var output: WatchedStream?
    /// Called when input is there, or its end; after that it is not called again before `waitForInput`.
    package var onInput: () -> Void = {}
    /// Called when there is room again, or when nobody will read any more; not again before `waitForOutput`.
    package var onOutput: () -> Void = {}

    /// Takes over streams; without one a direction is at its end from the beginning.
    package init(loop: EventLoop, reading: consuming ByteStream?, writing: consuming ByteStream?) {
        if let stream = reading.take() { input = WatchedStream(loop, stream) }
        if let stream = writing.take() { output = WatchedStream(loop, stream) }
    }

    /// Takes over descriptors.
    package convenience init(
        loop: EventLoop, input: consuming OwnedFD?, output: consuming OwnedFD?
    ) {
        self.init(loop: loop, reading: Self.stream(input), writing: Self.stream(output))
    }

    private static func stream(_ descriptor: consuming OwnedFD?) -> ByteStream? {
        guard let descriptor = descriptor.take() else { return nil }
        return ByteStream(descriptor)
    }

    /// One stream for both directions: a socket or a terminal.
    package init(loop: EventLoop, both stream: consuming ByteStream) {
        let shared = WatchedStream(loop, stream)
        input = shared
        output = shared
    }

    package convenience init(loop: EventLoop, both descriptor: consuming OwnedFD) {
        self.init(loop: loop, both: ByteStream(descriptor))
    }

    package enum ReadResult: Equatable, Sendable {
        case bytes([UInt8])
        case nothingYet
        case end
    }

    /// What is there, at most `count` bytes.
    package func read(upTo count: Int) -> ReadResult {
        guard let input else { return .end }
        do throws(Errno) {
            let bytes = try input.stream.read(upTo: count)
            return bytes.isEmpty ? .end : .bytes(bytes)
        } catch {
            // A terminal whose other side is gone answers EIO.
            return error == .wouldBlock || error == .interrupted ? .nothingYet : .end
        }
    }

    /// How many bytes were taken; nil when nobody will ever read them.
    package func write(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let output else { return nil }
        do throws(Errno) {
            return try output.stream.write(bytes)
        } catch {
            return error == .wouldBlock || error == .interrupted ? 0 : nil
        }
    }

    /// Calls `onInput` as soon as `read` has something to say.
    package func waitForInput() {
        input?.wait(for: .readable) { [weak self] in self?.onInput() }
    }

    /// Calls `onOutput` as soon as `write` has something to say.
    package func waitForOutput() {
        output?.wait(for: .writable) { [weak self] in self?.onOutput() }
    }

    package func closeInput() {
        input?.stopWaiting(for: .readable)
        input = nil
    }

    /// Tells the reader that nothing more comes.
    package func closeOutput() {
        output?.stopWaiting(for: .writable)
        output?.finishWriting()
        output = nil
    }
}

/// A stream with its place in the loop. It is closed when neither direction needs it any more.
private final class WatchedStream {
    private let loop: EventLoop
    let stream: ByteStream
    private var watch: EventLoop.Registration?
    /// What is to be called once.
    private var reader: (() -> Void)?
    private var writer: (() -> Void)?

    init(_ loop: EventLoop, _ stream: consuming ByteStream) {
        self.loop = loop
        self.stream = stream
    }

    deinit {
        if let watch { loop.remove(watch) }
    }

    /// Calls `ready` once, for `readable` or `writable`, and at an end of either.
    func wait(for direction: Readiness, _ ready: @escaping () -> Void) {
        guard !stream.isAlwaysReady else { return }
        if direction == .readable {
            guard reader == nil else { return }
            reader = ready
        } else {
            guard writer == nil else { return }
            writer = ready
        }
        update()
    }

    func stopWaiting(for direction: Readiness) {
        if direction == .readable { reader = nil } else { writer = nil }
        update()
    }

    /// Tells the loop what is waited for.
    private func update() {
        var interest: Readiness = []
        if reader != nil { interest.insert(.readable) }
        if writer != nil { interest.insert(.writable) }
        if let watch {
            if !interest.isEmpty, (try? loop.change(watch, interest)) != nil { return }
            loop.remove(watch)
            self.watch = nil
        }
        guard !interest.isEmpty else { return }
        watch = try? loop.add(stream.descriptor, interest) { [weak self] in self?.ready($0) }
        // Where that is refused, whoever waits may ask again.
        if watch == nil { (reader, writer) = (nil, nil) }
    }

    /// A hang-up or an error is news for both directions.
    private func ready(_ readiness: Readiness) {
        let (mayRead, mayWrite) = (readiness != .writable, readiness != .readable)
        let (reader, writer) = (mayRead ? reader : nil, mayWrite ? writer : nil)
        if mayRead { self.reader = nil }
        if mayWrite { self.writer = nil }
        update()
        reader?()
        writer?()
    }

    func finishWriting() {
        stream.finishWriting()
    }
}
