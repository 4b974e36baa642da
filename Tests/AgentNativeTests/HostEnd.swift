import Linux
import Protocols

/// The host's end of a stream: collects what comes, in a thread of its own.
final class HostEnd: @unchecked Sendable {
    // SAFETY: `connection` is set before the thread starts; `bytes` belongs to the thread until `join`.
    let port: UInt32
    private let listener: OwnedFD
    private var connection: OwnedFD?
    private var thread: Thread?
    private var bytes: [UInt8] = []

    init(port: UInt32, path: String) throws {
        self.port = port
        listener = try UnixSocket.listen(at: path)
    }

    /// Takes the agent's connection.
    func accept() throws {
        connection = try UnixSocket.accept(listener)
    }

    /// Reads to the end, beside the test.
    func collect() throws {
        try accept()
        thread = try Thread.start(name: "collect") { [self] in
            while let piece = try? connection?.read(upTo: 65536), !piece.isEmpty {
                bytes += piece
            }
        }
    }

    /// What has come, when the stream has ended.
    func collected() -> [UInt8] {
        thread?.join()
        return bytes
    }

    func write(_ bytes: [UInt8]) throws {
        try connection?.writeAll(bytes)
    }

    func read() throws -> [UInt8] {
        try connection?.read(upTo: 65536) ?? []
    }

    func finishWriting() throws {
        try connection?.endWriting()
    }

    func close() {
        connection = nil
    }
}

extension HostEnd {
    /// Reads until the text appears, for terminals.
    func readUntil(_ text: String) throws -> String {
        var all = ""
        while !all.contains(text) {
            let piece = try read()
            guard !piece.isEmpty else { throw Failure(message: "ended after: \(all)") }
            all += String(decoding: piece, as: UTF8.self)
        }
        return all
    }
}

extension OwnedFD {
    fileprivate borrowing func endWriting() throws {
        try UnixSocket.shutdown(self, .writing)
    }
}
