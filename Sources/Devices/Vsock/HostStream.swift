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

    /// Takes over descriptors; without one a direction is at its end from the beginning.
    package init(loop: EventLoop, input: consuming OwnedFD?, output: consuming OwnedFD?) {
        if let descriptor = input.take() {
            self.input = WatchedStream(loop, ByteStream(descriptor))
        }
        if let descriptor = output.take() {
            self.output = WatchedStream(loop, ByteStream(descriptor))
        }
    }

    /// One descriptor for both directions: a socket or a terminal.
    package convenience init(loop: EventLoop, both descriptor: consuming OwnedFD) throws(Errno) {
        let second = try descriptor.duplicate()
        self.init(loop: loop, input: descriptor, output: second)
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
        input = nil
    }

    /// Tells the reader that nothing more comes.
    package func closeOutput() {
        output?.finishWriting()
        output = nil
    }
}

/// One direction with its place in the loop.
private final class WatchedStream {
    private let loop: EventLoop
    let stream: ByteStream
    private var watch: EventLoop.Registration?

    init(_ loop: EventLoop, _ stream: consuming ByteStream) {
        self.loop = loop
        self.stream = stream
    }

    deinit {
        stopWaiting()
    }

    /// Calls `ready` once.
    func wait(for interest: Readiness, _ ready: @escaping () -> Void) {
        guard watch == nil, !stream.isAlwaysReady else { return }
        watch = try? loop.add(stream.descriptor, interest) { [weak self] _ in
            self?.stopWaiting()
            ready()
        }
    }

    private func stopWaiting() {
        if let watch { loop.remove(watch) }
        watch = nil
    }

    func finishWriting() {
        stream.finishWriting()
    }
}
