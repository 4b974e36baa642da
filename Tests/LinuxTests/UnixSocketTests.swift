import CLinux
import Foundation
import Linux
import Testing

@Suite("Unix sockets")
struct UnixSocketTests {
    private let folder = TemporaryFolder()

    @Test("a connection carries bytes both ways, and each half ends by itself")
    func connection() throws {
        let listener = try UnixSocket.listen(at: folder.path + "/socket")
        let client = try UnixSocket.connect(to: folder.path + "/socket")
        let server = try UnixSocket.accept(listener)

        try client.writeAll([1, 2])
        try UnixSocket.shutdown(client, .writing)
        try server.writeAll([3])

        #expect(try server.readAll(limit: 9) == [1, 2])
        #expect(try client.read(upTo: 9) == [3])
    }

    @Test("no connection is there for a listener that does not block")
    func noConnection() throws {
        let listener = try UnixSocket.listen(at: folder.path + "/socket")
        try listener.setNonBlocking(true)

        #expect(throws: Errno.wouldBlock) { _ = try UnixSocket.accept(listener) }
    }

    @Test("a place where nobody listens, or that is too long, is an error")
    func nobody() throws {
        let path = folder.path + "/socket"
        #expect(throws: Errno.noSuchFile) { _ = try UnixSocket.connect(to: path) }
        try UnixSocket.listen(at: path).close()
        #expect(throws: Errno.connectionRefused) { _ = try UnixSocket.connect(to: path) }
        let long = "/tmp/" + String(repeating: "x", count: 108)
        #expect(throws: Errno(rawValue: ENAMETOOLONG)) { _ = try UnixSocket.connect(to: long) }
        #expect(throws: Errno(rawValue: ENAMETOOLONG)) { _ = try UnixSocket.listen(at: long) }
    }

    @Test("a path that is taken is an error")
    func taken() throws {
        let first = try UnixSocket.listen(at: folder.path + "/socket")

        #expect(throws: Errno(rawValue: EADDRINUSE)) {
            _ = try UnixSocket.listen(at: folder.path + "/socket")
        }
        withExtendedLifetime(first) {}
    }

    @Test("descriptors go with the first byte, as copies that are closed by execve")
    func descriptors() throws {
        let pair = try UnixSocket.pair()
        let files = [try Bell(), try Bell()]

        let sent = try UnixSocket.send(
            [65, 66], descriptors: files.map { $0.event.descriptor.rawValue }, to: pair.first)
        var bytes: [UInt8] = [0, 0]
        var numbers: [Int32] = [-1, -1]
        var count: Int32 = 2
        // SAFETY: both arrays have the size that the call is told.
        let received = unsafe cl_recv_fds(pair.second.rawValue, &bytes, 2, &numbers, &count)

        #expect(sent == 2 && received == 2 && count == 2)
        #expect(bytes == [65, 66])
        #expect(numbers.map { fcntl($0, F_GETFD) } == [FD_CLOEXEC, FD_CLOEXEC])
        files[1].event.signal()
        let copies = numbers.map { OwnedNumber($0) }
        #expect(copies.map { $0.readable } == [false, true])
    }

    @Test("writing where nobody reads is an error")
    func brokenPipe() throws {
        ProcessSetup.ignoreBrokenPipes()
        let first = try UnixSocket.pair().keepingFirst()

        #expect(throws: Errno.brokenPipe) { try first.writeAll([1]) }
    }
}

/// A descriptor that came as a number.
private final class OwnedNumber {
    private let descriptor: OwnedFD

    init(_ number: Int32) {
        descriptor = OwnedFD(taking: number)
    }

    var readable: Bool {
        var poll = Poll()
        let entry = poll.add(descriptor.rawValue, reading: true)
        try? poll.wait(timeout: 0)
        return poll.isReady(entry)
    }
}
