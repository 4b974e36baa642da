import Foundation
import Linux
import Testing

@Suite("Files and folders")
struct FilesTests {
    private let temporary = TemporaryFolder()

    private func put(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: temporary.path + "/" + name))
    }

    @Test("a file of a folder is opened")
    func openBeneath() throws {
        try put("text", "file")

        let file = try temporary.open().openBeneath("file", O_RDONLY)

        #expect(try file.readAll(limit: 9) == Array("text".utf8))
    }

    @Test("nothing that leads out of a folder is opened, not even inside it")
    func openOutside() throws {
        let folder = try temporary.open()
        try put("text", "file")
        try folder.makeSymbolicLink("link", to: "file")
        try folder.makeSymbolicLink("up", to: "..")

        #expect(throws: Errno(rawValue: ELOOP)) { _ = try folder.openBeneath("link", O_RDONLY) }
        #expect(throws: Errno(rawValue: ELOOP)) { _ = try folder.openBeneath("up", O_RDONLY) }
    }

    @Test("a file is made once")
    func makeFile() throws {
        let folder = try temporary.open()

        let file = try folder.openBeneath("new", O_RDWR | O_CREAT | O_EXCL, mode: 0o640)

        #expect(try file.status().mode == 0o100640)
        #expect(throws: Errno.fileExists) {
            _ = try folder.openBeneath("new", O_RDWR | O_CREAT | O_EXCL, mode: 0o640)
        }
    }

    @Test("a status tells what kind of file it is, without following links")
    func status() throws {
        let folder = try temporary.open()
        try put("12345", "file")
        try folder.makeDirectory("folder", mode: 0o700)
        try folder.makeSymbolicLink("link", to: "file")
        try folder.makeNode("pipe", mode: 0o010600, device: DeviceNumber(major: 0, minor: 0))

        let names: [FileName] = ["file", "folder", "link", "pipe"]
        let types = try names.map { try folder.status(of: $0).type }

        #expect(types == [.regular, .directory, .symbolicLink, .pipe])
        #expect(try folder.status(of: "file").size == 5)
        #expect(try folder.status(of: "link").size == 4)
    }

    @Test("names are told without the two dots, however many there are, and again")
    func names() throws {
        let folder = try temporary.open()
        let expected = Set((0..<2000).map { "file-\($0)" })
        for name in expected { try put("", name) }

        for _ in 0..<2 {
            let names = try folder.names().map { String(decoding: $0.bytes, as: UTF8.self) }
            #expect(names.count == 2000)
            #expect(Set(names) == expected)
        }
    }

    @Test("an entry is removed as what it is")
    func remove() throws {
        let folder = try temporary.open()
        try put("", "file")
        try folder.makeDirectory("folder", mode: 0o700)

        #expect(throws: Errno(rawValue: EISDIR)) {
            try folder.remove("folder", directory: false)
        }
        #expect(throws: Errno(rawValue: ENOTDIR)) { try folder.remove("file", directory: true) }
        try folder.remove("folder", directory: true)
        try folder.remove("file", directory: false)

        #expect(try folder.names() == [])
    }

    @Test("an entry is renamed, and replaces another unless told not to")
    func rename() throws {
        let folder = try temporary.open()
        let doNotReplace: UInt32 = 1
        try put("a", "a")
        try put("b", "b")

        #expect(throws: Errno.fileExists) {
            try folder.rename("a", into: folder, as: "b", flags: doNotReplace)
        }
        try folder.rename("a", into: folder, as: "b", flags: 0)

        #expect(try folder.openBeneath("b", O_RDONLY).readAll(limit: 9) == Array("a".utf8))
        #expect(!temporary.exists("a"))
    }

    @Test("folders are made with those above that are missing")
    func makeDirectories() throws {
        try OwnedFD.makeDirectories(temporary.path + "/a/b/c", mode: 0o755)
        try OwnedFD.makeDirectories(temporary.path + "/a/b/c", mode: 0o755)
        try put("", "file")

        #expect(temporary.exists("a/b/c"))
        #expect(throws: Errno(rawValue: ENOTDIR)) {
            try OwnedFD.makeDirectories(temporary.path + "/file/x", mode: 0o755)
        }
    }

    @Test("a lock is held by one open file, and goes with it")
    func lock() throws {
        let first = try temporary.open()
        let second = try temporary.open()

        let gets = [try first.tryLock(), try second.tryLock(), try first.tryLock()]
        first.unlock()
        let afterwards = try second.tryLock()
        try second.close()

        #expect(gets == [true, false, true])
        #expect(afterwards)
        #expect(try first.tryLock() == true)
    }

    @Test("a link's target is read, and an open file's path")
    func targets() throws {
        let folder = try temporary.open()
        try folder.makeSymbolicLink("link", to: "some/where")

        #expect(try OwnedFD.target(ofLink: temporary.path + "/link") == "some/where")
        #expect(try folder.path() == temporary.path)
        #expect(throws: (any Error).self) { try OwnedFD.target(ofLink: temporary.path) }
    }

    @Test("size, times and contents of a file are changed")
    func change() throws {
        let folder = try temporary.open()
        try put("12345", "file")
        let file = try folder.openBeneath("file", O_RDWR)
        let time = FileTime(seconds: 1_000_000_007, nanoseconds: 123_456_789)

        try file.setSize(3)
        try file.allocate(mode: 0, offset: 0, length: 10)
        try file.setTimes(accessed: .unchanged, modified: time)
        let status = try file.status()

        #expect(status.size == 10)
        #expect(status.modified == time)
        #expect(status.accessed != time)
        #expect(try file.read(upTo: 9, at: 0) == Array("123".utf8) + [0, 0, 0, 0, 0, 0])
    }

    @Test("bytes are copied between files")
    func copy() throws {
        let from = try OwnedFD.memoryFile("from")
        let to = try OwnedFD.memoryFile("to")
        try from.writeAll(Array("0123456789".utf8))

        let count = try from.copy(from: 2, to: to, at: 1, length: 4)

        #expect(count == 4)
        #expect(try to.read(upTo: 99, at: 0) == [0] + Array("2345".utf8))
    }
}

@Suite("Names of files")
struct FileNameTests {
    @Test("any bytes but zero and the slash make a component")
    func component() throws {
        let bytes = (1...255).map { UInt8($0) }.filter { $0 != UInt8(ascii: "/") }

        #expect(try FileName(component: bytes).bytes == bytes)
        #expect(try FileName(component: Array("...".utf8)).bytes == Array("...".utf8))
    }

    @Test(
        "what is no component is an error",
        arguments: ["", ".", "..", "/", "a/b", "a\0b", "\0"])
    func noComponent(text: String) {
        #expect(throws: Errno.invalidArgument) { try FileName(component: Array(text.utf8)) }
    }

    @Test("a component has at most 255 bytes")
    func long() throws {
        let bytes = [UInt8](repeating: 1, count: 256)

        #expect(throws: Errno(rawValue: ENAMETOOLONG)) { try FileName(component: bytes) }
        #expect(try FileName(component: bytes.dropLast()).bytes.count == 255)
    }

    @Test("a target may have slashes, and no zero")
    func target() throws {
        #expect(try FileName(bytes: Array("../a/".utf8)).bytes == Array("../a/".utf8))
        #expect(throws: Errno.invalidArgument) { try FileName(bytes: [0]) }
        #expect(FileName(number: 42).bytes == Array("42".utf8))
        #expect(FileName.empty.bytes == [])
    }
}
