import Linux

/// Both ends of a pipe or a socket pair, each until somebody takes or closes it.
final class Ends {
    private(set) var first: OwnedFD?
    private(set) var second: OwnedFD?

    private init(_ pair: consuming FDPair) {
        pair.split { first, second in
            self.first = consume first
            self.second = consume second
        }
    }

    /// The reading end is first.
    static func pipe() throws -> Ends {
        try Ends(OwnedFD.pipe(flags: 0))
    }

    static func sockets() throws -> Ends {
        try Ends(UnixSocket.pair())
    }

    func takeFirst() throws -> OwnedFD {
        guard let end = first.take() else { throw Errno.invalidArgument }
        return end
    }

    func takeSecond() throws -> OwnedFD {
        guard let end = second.take() else { throw Errno.invalidArgument }
        return end
    }

    /// Bytes that have come to the first end; empty at the end of the stream.
    func read() throws -> [UInt8] {
        try first?.setNonBlocking(true)
        return try first?.read(upTo: 1 << 20) ?? []
    }

    /// All that is there, without its end.
    func readAvailable() throws -> [UInt8] {
        var all: [UInt8] = []
        do {
            while case let piece = try read(), !piece.isEmpty { all += piece }
        } catch let error as Errno where error == .wouldBlock {}
        return all
    }

    /// Writes to the second end what it takes, and answers how many bytes those were.
    func write(_ bytes: [UInt8]) throws -> Int {
        try second?.setNonBlocking(true)
        // SAFETY: bytes have no padding.
        return try unsafe second?.write(bytes.span.bytes) ?? 0
    }
}

extension EventLoop {
    /// Calls handlers until nothing is ready any more.
    func settle() throws {
        for _ in 0..<1000 {
            guard try runOnce(timeoutMilliseconds: 0) else { return }
        }
    }
}
