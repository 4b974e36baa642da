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
        try Patience.wait(for: listener.rawValue, "no connection")
        connection = try UnixSocket.accept(listener)
    }

    /// Reads to the end, beside the test.
    func collect() throws {
        try accept()
        thread = try Thread.start(name: "collect") { [self] in
            while let piece = try? read(), !piece.isEmpty {
                bytes += piece
            }
        }
    }

    /// What has come, when the stream has ended.
    func collected() -> [UInt8] {
        thread?.join()
        thread = nil
        return bytes
    }

    func write(_ bytes: [UInt8]) throws {
        try connection?.writeAll(bytes)
    }

    /// The next bytes; empty at the end.
    func read() throws -> [UInt8] {
        try Patience.wait(for: connection?.rawValue, "the stream is silent")
        return try connection?.read(upTo: 65536) ?? []
    }

    /// Reads until the text appears.
    func read(until text: String) throws -> String {
        var all = ""
        while !all.contains(text) {
            let piece = try read()
            guard !piece.isEmpty else { throw Failure(message: "ended after: \(all)") }
            all += String(decoding: piece, as: UTF8.self)
        }
        return all
    }

    func finishWriting() throws {
        try connection?.endWriting()
    }

    func close() {
        connection = nil
    }
}

/// How long a test waits for what must come: ample on the busiest machine, and never waited in vain.
enum Patience {
    static let milliseconds: Int32 = 60000

    /// Waits until there is something to read or the end of it.
    static func wait(for descriptor: Int32?, _ complaint: String) throws {
        var poll = Poll()
        let entry = poll.add(descriptor, reading: true)
        try poll.wait(timeout: milliseconds)
        guard poll.isReady(entry) else { throw Failure(message: complaint) }
    }
}

extension OwnedFD {
    fileprivate borrowing func endWriting() throws {
        try UnixSocket.shutdown(self, .writing)
    }
}
