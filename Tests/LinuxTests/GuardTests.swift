import Foundation
import Linux
import Testing

/// The guard has no way to say that it is done, but it keeps the terminal that it is given open while it lives: here
/// the writing end of a pipe.
@Suite("Guards")
struct GuardTests {
    private let parent = TemporaryFolder()

    /// Makes a folder with a file, locked as its maker has it.
    private func make(_ name: String) throws -> OwnedFD {
        try FileManager.default.createDirectory(
            atPath: parent.path + "/" + name, withIntermediateDirectories: false)
        try Data().write(to: URL(fileURLWithPath: parent.path + "/\(name)/file"))
        return try OwnedFD.open(parent.path + "/" + name, O_RDONLY | O_DIRECTORY)
    }

    private func startGuard(_ pipe: borrowing FDPair) throws -> Guard {
        try Guard(
            in: parent.open(), name: "lasting", temporary: "temporary",
            terminal: pipe.second.rawValue)
    }

    @Test("without its maker it kills the process and removes the folder")
    func makerGone() throws {
        let pipe = try OwnedFD.pipe()
        let folder = try make("lasting")
        let input = try OwnedFD.pipe()
        let child = try Child.spawn(
            "/bin/cat", arguments: ["cat"], environment: [],
            descriptors: [input.first.rawValue, 1, 2])

        try {
            let guardian = try startGuard(pipe)
            try guardian.protect(folder: folder)
            try guardian.protect(child)
            // Its owner lets go of it without a word.
        }()

        #expect(try child.wait() == .killed(signal: SIGKILL))
        #expect(try pipe.keepingFirst().read(upTo: 1) == [])
        #expect(!parent.exists("lasting"))
    }

    @Test("a folder of that name that is another's is left alone")
    func anothersFolder() throws {
        let pipe = try OwnedFD.pipe()
        let folder = try make("mine")
        let other = try make("lasting")

        try {
            let guardian = try startGuard(pipe)
            try guardian.protect(folder: folder)
        }()

        #expect(try pipe.keepingFirst().read(upTo: 1) == [])
        #expect(parent.exists("lasting/file"))
        withExtendedLifetime(other) {}
    }

    @Test("a folder that never got its lasting name is removed")
    func temporary() throws {
        let pipe = try OwnedFD.pipe()
        _ = try make("temporary")

        try {
            _ = try startGuard(pipe)
        }()

        #expect(try pipe.keepingFirst().read(upTo: 1) == [])
        #expect(!parent.exists("temporary"))
    }

    @Test("a guard that is dismissed does nothing")
    func dismissed() throws {
        let pipe = try OwnedFD.pipe()
        let folder = try make("lasting")

        let guardian = try startGuard(pipe)
        try guardian.protect(folder: folder)
        guardian.dismiss()

        #expect(try pipe.keepingFirst().read(upTo: 1) == [])
        #expect(parent.exists("lasting/file"))
    }

    @Test("without its maker it sends the messages, after the end of the process")
    func messages() throws {
        let pipe = try OwnedFD.pipe()
        let input = try OwnedFD.pipe()
        let mine = try UnixSocket.packetPair()
        let theirs = try UnixSocket.packetPair()
        try mine.second.setNonBlocking(true)
        try theirs.second.setNonBlocking(true)
        let child = try Child.spawn(
            "/bin/cat", arguments: ["cat"], environment: [],
            descriptors: [input.first.rawValue, 1, 2])

        try {
            let guardian = try startGuard(pipe)
            try guardian.protect(child)
            try guardian.protect(socket: mine.first, sending: [1, 2, 3])
            try guardian.protect(socket: theirs.first, sending: [UInt8](repeating: 4, count: 256))
            #expect(throws: Errno.messageTooLong) {
                try guardian.protect(
                    socket: mine.first, sending: [UInt8](repeating: 0, count: 257))
            }
        }()

        #expect(try child.wait() == .killed(signal: SIGKILL))
        #expect(try pipe.keepingFirst().read(upTo: 1) == [])
        #expect(try mine.second.read(upTo: 1000) == [1, 2, 3])
        #expect(try theirs.second.read(upTo: 1000) == [UInt8](repeating: 4, count: 256))
    }
}
