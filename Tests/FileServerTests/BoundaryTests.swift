import Glibc
import Linux
import Synchronization
import Testing

@testable import FileServer

/// What lies outside a share stays there.
@Suite struct BoundaryTests {
    @Test func symbolicLinksAreNotFollowed() throws {
        let scratch = try Scratch()
        try scratch.symbolicLink("link", to: "/etc")
        let client = try Client(scratch)
        let node = client.lookup("link")
        #expect(client.call(1, node, Bytes().name("passwd")).error == -ENOTDIR)
        #expect(client.call(14, node, Bytes().u32(0).u32(0)).error == -ENXIO)
        #expect(client.call(27, node, Bytes().u32(0).u32(0)).error == -ENOTDIR)
        #expect(client.call(5, node).body == Array("/etc".utf8))
    }

    @Test func creatingThroughALinkMakesNothingOutside() throws {
        let outside = try Scratch()
        let scratch = try Scratch()
        try scratch.symbolicLink("link", to: "\(outside.path)/made")
        let client = try Client(scratch)
        let create = Bytes().u32(UInt32(O_RDWR | O_CREAT)).u32(0o600).u32(0).u32(0).name("link")
        #expect(client.call(35, 1, create).error == -ENXIO)
        #expect(!outside.has("made"))
    }

    @Test func pipesDevicesAndSocketsAreNeverOpenedHere() throws {
        let scratch = try Scratch()
        try scratch.open().makeNode(
            "pipe", mode: 0o010666, device: DeviceNumber(major: 0, minor: 0))
        let client = try Client(scratch)
        let node = client.lookup("pipe")
        for flags in [UInt32(O_RDONLY), UInt32(O_WRONLY), UInt32(O_RDWR)] {
            #expect(client.call(14, node, Bytes().u32(flags).u32(0)).error == -ENXIO)
        }
    }

    @Test func aFolderSwappedForALinkDoesNotLeadOut() throws {
        let outside = try Scratch()
        try outside.write("secret", "secret")
        let scratch = try Scratch()
        let folder = try scratch.open()
        try folder.makeDirectory("a", mode: 0o755)
        try scratch.symbolicLink("b", to: outside.path)
        let client = try Client(scratch)
        let stop = Flag()
        let shared = Descriptor(folder)
        let swapper = try Thread.start(name: "swapper") {
            while !stop.isSet {
                try? shared.file.rename("a", into: shared.file, as: "b", flags: 2)
            }
        }
        var found = 0
        for _ in 0..<300 {
            let node = client.lookup("a")
            if node != 0, client.lookup("secret", in: node) != 0 { found += 1 }
            _ = client.call(2, node, Bytes().u64(1))
        }
        stop.set()
        swapper.join()
        #expect(found == 0)
    }

    @Test func renamingBetweenSharesIsAnotherDevice() throws {
        let one = try Scratch()
        let other = try Scratch()
        try one.write("f", "")
        let server = try FileServer()
        try server.add(name: "one", descriptor: one.open())
        try server.add(name: "other", descriptor: other.open())
        let client = Client(server)
        let from = client.lookup("one")
        let to = client.lookup("other")
        #expect(client.call(12, from, Bytes().u64(to).name("f").name("g")).error == -EXDEV)
        let file = client.lookup("f", in: from)
        #expect(client.call(13, to, Bytes().u64(file).name("g")).error == -EXDEV)
    }

    @Test func aReadOnlyShareIsChangedByNothing() throws {
        let scratch = try Scratch()
        try scratch.write("f", "text")
        let client = try Client(scratch, readOnly: true)
        let file = client.lookup("f")
        let change = Bytes().u32(1).raw([UInt8](repeating: 0, count: 84))
        #expect(client.call(4, file, change).error == -EROFS)
        #expect(client.call(6, 1, Bytes().name("l").name("t")).error == -EROFS)
        #expect(client.call(8, 1, Bytes().u32(0o100600).u32(0).u64(0).name("n")).error == -EROFS)
        #expect(client.call(9, 1, Bytes().u32(0o700).u32(0).name("d")).error == -EROFS)
        #expect(client.call(10, 1, Bytes().name("f")).error == -EROFS)
        #expect(client.call(11, 1, Bytes().name("f")).error == -EROFS)
        #expect(client.call(12, 1, Bytes().u64(1).name("f").name("g")).error == -EROFS)
        #expect(client.call(13, 1, Bytes().u64(file).name("g")).error == -EROFS)
        for flags in [UInt32(O_WRONLY), UInt32(O_RDWR), UInt32(O_RDONLY | O_TRUNC)] {
            #expect(client.call(14, file, Bytes().u32(flags).u32(0)).error == -EROFS)
        }
        let create = Bytes().u32(2).u32(0o600).u32(0).u32(0)
        #expect(client.call(35, 1, create.name("new")).error == -EROFS)
        #expect(client.call(51, 1, create.name("")).error == -EROFS)
        let attribute = Bytes().u32(1).u32(0).u64(0).name("user.x").raw([1])
        #expect(client.call(21, file, attribute).error == -EROFS)
        #expect(client.call(24, file, Bytes().name("user.x")).error == -EROFS)
        let handle = client.call(14, file, Bytes().u32(0).u32(0)).u64(at: 16)
        let write = Bytes().u64(handle).u64(0).u32(1).u32(0).u64(0).u64(0).raw([1])
        #expect(client.call(16, file, write).error == -EBADF)
        let flags = Bytes().u64(handle).u32(0).u32(0x4008_6602).u64(0).u32(4).u32(0).u32(0)
        #expect(client.call(39, file, flags).error == -EROFS)
        #expect(try scratch.read("f") == "text")
    }

    @Test(arguments: ["security.selinux", "security.evil", "system.data", "nothing", "btrfs.x", ""])
    func attributesOfTheHostsSecurityAreNotPassed(name: String) throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        let error = name.isEmpty ? -ERANGE : -EOPNOTSUPP
        #expect(client.call(22, 1, Bytes().u32(10).u32(0).name(name)).error == error)
        let set = Bytes().u32(1).u32(0).u64(0).name(name).raw([1])
        #expect(client.call(21, 1, set).error == error)
    }

    @Test func filesCannotBeMadeImmutable() throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        let handle = client.call(27, 1, Bytes().u32(0).u32(0)).u64(at: 16)
        let flags = Bytes().u64(handle).u32(0).u32(0x4008_6602).u64(0).u32(4).u32(0).u32(0x10)
        #expect(client.call(39, 1, flags).error == -EPERM)
        let other = Bytes().u64(handle).u32(0).u32(0x5401).u64(0).u32(4).u32(4).u32(0)
        #expect(client.call(39, 1, other).error == -ENOTTY)
    }
}

/// Set by one thread, read by another.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
