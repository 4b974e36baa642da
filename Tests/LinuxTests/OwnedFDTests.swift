import Foundation
import Linux
import Testing

@Suite("Owned descriptors")
struct OwnedFDTests {
    /// What a number stands for in this process, or nil.
    private func target(_ number: Int32) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
    }

    /// A file that no other test has open.
    private func file() throws -> OwnedFD {
        try OwnedFD.memoryFile("owned-\(UInt32.random(in: 0...UInt32.max))")
    }

    @Test("a descriptor is closed with its owner")
    func closed() throws {
        var file: OwnedFD? = try file()
        let number = file?.rawValue ?? -1
        let name = target(number)

        file = nil

        #expect(name != nil)
        #expect(target(number) != name)
    }

    @Test("a number that was released stays open, for whoever has it")
    func released() throws {
        let file = try file()
        let name = target(file.rawValue)

        let number = file.release()

        #expect(target(number) == name)
        _ = OwnedFD(taking: number)
    }

    @Test("closing reports what the kernel says")
    func closeReports() throws {
        try file().close()
        #expect(throws: Errno(rawValue: 9)) { try OwnedFD(taking: 1_000_000).close() }
    }

    @Test("a duplicate is another number of the same open file")
    func duplicate() throws {
        let file = try file()
        let copy = try file.duplicate()

        try copy.writeAll([1, 2, 3])

        #expect(copy.rawValue != file.rawValue)
        #expect(try file.size() == 3)
        #expect(try file.read(upTo: 3) == [])
        #expect(try file.read(upTo: 3, at: 0) == [1, 2, 3])
    }

    @Test("every descriptor is closed by execve, until it is told to stay")
    func closeOnExec() throws {
        let file = try file()
        let opened = try OwnedFD.open("/dev/null", O_RDONLY)
        let copy = try file.duplicate()
        let pipe = try OwnedFD.pipe()
        let pair = try UnixSocket.pair()
        let event = try EventFD()
        let numbers = [
            file.rawValue, opened.rawValue, copy.rawValue, pipe.first.rawValue,
            pipe.second.rawValue, pair.first.rawValue, pair.second.rawValue,
            event.descriptor.rawValue,
        ]

        #expect(numbers.map { fcntl($0, F_GETFD) } == Array(repeating: FD_CLOEXEC, count: 8))
        try file.setCloseOnExec(false)
        #expect(fcntl(file.rawValue, F_GETFD) == 0)
    }

    @Test("an error of open is the kernel's")
    func openFails() {
        #expect(throws: Errno.noSuchFile) { _ = try OwnedFD.open("/nowhere/file", O_RDONLY) }
    }

    @Test("a pipe carries bytes and its end")
    func pipe() throws {
        let reader = try {
            let pipe = try OwnedFD.pipe()
            try pipe.second.writeAll([1, 2, 3])
            return pipe.keepingFirst()
        }()

        #expect(try reader.read(upTo: 2) == [1, 2])
        #expect(try reader.read(upTo: 2) == [3])
        #expect(try reader.read(upTo: 2) == [])
    }

    @Test("reading what is not there yet is an error of a descriptor that does not block")
    func nonBlocking() throws {
        let pipe = try OwnedFD.pipe()
        try pipe.first.setNonBlocking(true)

        #expect(throws: Errno.wouldBlock) { try pipe.first.read(upTo: 1) }
    }

    @Test("a file is read to its end, unless it is longer than the limit")
    func readAll() throws {
        let file = try file()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        try file.writeAll(bytes)

        _ = try file.seek(to: 0, whence: SEEK_SET)
        #expect(try file.readAll(limit: 100_000) == bytes)
        _ = try file.seek(to: 0, whence: SEEK_SET)
        #expect(throws: Errno.messageTooLong) { try file.readAll(limit: 99_999) }
    }
}
