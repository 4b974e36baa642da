internal import Devices
internal import Linux
internal import Protocols

/// A stream of frames to and from one peer. Belongs to the event loop's thread.
internal final class FrameChannel {
    private let stream: HostStream
    private var reader: FrameReader
    private var output = ByteQueue()
    private var ended = false
    private let onFrame: ([UInt8]) -> Void
    private let onEnd: () -> Void

    /// Begins to read at once. `limit` is the largest body that the peer may send; a larger one, like the end of the
    /// stream, calls `onEnd`, once.
    init(
        _ stream: HostStream, limit: Int, onFrame: @escaping ([UInt8]) -> Void,
        onEnd: @escaping () -> Void
    ) {
        self.stream = stream
        self.onFrame = onFrame
        self.onEnd = onEnd
        reader = FrameReader(limit: limit)
        stream.onInput = { [weak self] in self?.receive() }
        stream.onOutput = { [weak self] in self?.flush() }
        stream.waitForInput()
    }

    func send(_ message: some Message) {
        guard !ended else { return }
        output.append(Frame.encode(message))
        flush()
    }

    /// One read per event: a peer that never stops sending does not hold up the loop.
    private func receive() {
        guard !ended else { return }
        switch stream.read(upTo: 65536) {
        case .end: return end()
        case .nothingYet: break
        case .bytes(let bytes):
            reader.append(bytes)
            do throws(MessageError) {
                while !ended, let frame = try reader.next() { onFrame(frame) }
            } catch {
                return end()
            }
        }
        if !ended { stream.waitForInput() }
    }

    private func flush() {
        while !output.isEmpty {
            guard let count = stream.write(output.contents) else { return end() }
            guard count > 0 else { return stream.waitForOutput() }
            output.removeFirst(count)
        }
    }

    private func end() {
        guard !ended else { return }
        close()
        onEnd()
    }

    /// Ends it from this side, without `onEnd`.
    func close() {
        ended = true
        stream.closeInput()
        stream.closeOutput()
    }
}
