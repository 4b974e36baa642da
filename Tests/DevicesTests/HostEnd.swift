import Devices
import Linux

/// What a process of the host holds: the other ends of the descriptors that a stream has.
final class HostEnd {
    private final class Descriptor {
        let file: OwnedFD

        init(_ file: consuming OwnedFD) throws(Errno) {
            try file.setNonBlocking(true)
            self.file = file
        }
    }

    private var input: Descriptor?
    private var output: Descriptor?

    private init(input: Descriptor, output: Descriptor) {
        self.input = input
        self.output = output
    }

    /// A stream over a socket, and its other end.
    static func socket(_ loop: EventLoop) throws -> (HostStream, HostEnd) {
        let pair = try UnixSocket.pair()
        let mine = try Descriptor(pair.second.duplicate())
        let stream = HostStream(loop: loop, both: try pair.first.duplicate())
        return (stream, HostEnd(input: mine, output: mine))
    }

    /// A stream over two pipes, and their other ends.
    static func pipes(_ loop: EventLoop) throws -> (HostStream, HostEnd) {
        let toGuest = try OwnedFD.pipe()
        let fromGuest = try OwnedFD.pipe()
        let end = HostEnd(
            input: try Descriptor(fromGuest.first.duplicate()),
            output: try Descriptor(toGuest.second.duplicate()))
        let stream = HostStream(
            loop: loop, input: try ByteStream.opened(toGuest.first.rawValue, .input),
            output: try ByteStream.opened(fromGuest.second.rawValue, .output))
        return (stream, end)
    }

    /// What is there now; nil at the end of the stream.
    func read() throws -> [UInt8]? {
        guard let input else { return nil }
        do throws(Errno) {
            let bytes = try input.file.read(upTo: 65536)
            return bytes.isEmpty ? nil : bytes
        } catch {
            guard error == .wouldBlock else { throw error }
            return []
        }
    }

    /// How many bytes were taken now; nil where nobody reads them.
    func write(_ bytes: ArraySlice<UInt8>) throws -> Int? {
        guard let output else { return nil }
        let array = Array(bytes)
        do throws(Errno) {
            // SAFETY: the array outlives the call.
            return try unsafe output.file.write(array.span.bytes)
        } catch {
            guard error == .wouldBlock else {
                return error == .brokenPipe ? nil : 0
            }
            return 0
        }
    }

    /// Ends the direction to the guest.
    func finishWriting() {
        if let output { try? UnixSocket.shutdown(output.file, .writing) }
        output = nil
    }

    /// Closes the direction from the guest.
    func stopReading() {
        input = nil
    }
}
