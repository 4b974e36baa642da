import Glibc
import Linux
import Testing

@testable import FileServer

/// The server's own folders, and whole sequences of requests.
@Suite struct TreeTests {
    @Test func sharesStandUnderTheirNames() throws {
        let root = try Scratch()
        try root.write("inside", "x")
        let file = try Scratch()
        try file.write("hosts", "127.0.0.1")
        let server = try FileServer()
        try server.add(name: "rootfs", descriptor: root.open())
        let single = try OwnedFD.open("\(file.path)/hosts", O_RDONLY)
        try server.add(name: "mounts/0", descriptor: single, view: ShareView(readOnly: true))
        let client = Client(server)
        _ = client.initialize()
        let top = client.lookup("rootfs")
        #expect(client.lookup("inside", in: top) != 0)
        // FUSE_ATTR_SUBMOUNT in fuse_attr.flags
        #expect(client.call(3, top).u32(at: 16 + 16 + 84) == 1)
        let hosts = client.lookup("0", in: client.lookup("mounts"))
        #expect(client.call(14, hosts, Bytes().u32(1).u32(0)).error == -EROFS)
        let handle = client.call(14, hosts, Bytes().u32(0).u32(0)).u64(at: 16)
        let read = Bytes().u64(handle).u64(0).u32(100).u32(0).u64(0).u64(0)
        #expect(client.call(15, hosts, read).body == Array("127.0.0.1".utf8))
    }

    @Test func aPipeIsAShareThatIsNeverOpened() throws {
        let scratch = try Scratch()
        try scratch.open().makeNode(
            "pipe", mode: 0o010644, device: DeviceNumber(major: 0, minor: 0))
        let server = try FileServer()
        let pipe = try OwnedFD.openPath(scratch.path + "/pipe", 0)
        try server.add(name: "pipe", descriptor: pipe)
        let client = Client(server)
        _ = client.initialize()
        let found = client.call(1, 1, Bytes().name("pipe"))
        // fuse_entry_out.attr.mode
        #expect(found.u32(at: 16 + 40 + 60) == 0o010644)
        #expect(client.call(14, found.u64(at: 16), Bytes().u32(0).u32(0)).error == -ENXIO)
        // FUSE_SYNCFS
        #expect(client.call(50, 1, Bytes().u64(0)).error == 0)
    }

    @Test func whatIsTakenAwayIsFoundNoMoreAndStaysOpen() throws {
        let root = try Scratch()
        try root.write("inside", "x")
        let server = try FileServer()
        try server.add(name: "rootfs", descriptor: root.open())
        try server.add(name: "@1/rootfs", descriptor: root.open())
        try server.add(name: "@1/mounts/0", descriptor: root.open())
        let client = Client(server)
        _ = client.initialize()
        let folder = client.lookup("@1")
        let inside = client.lookup("inside", in: client.lookup("rootfs", in: folder))
        let handle = client.call(14, inside, Bytes().u32(0).u32(0)).u64(at: 16)
        server.remove(name: "@1")
        server.remove(name: "nothing")
        #expect(client.lookup("@1") == 0)
        #expect(client.call(1, folder, Bytes().name("rootfs")).error == -ESTALE)
        let read = Bytes().u64(handle).u64(0).u32(100).u32(0).u64(0).u64(0)
        #expect(client.call(15, inside, read).body == Array("x".utf8))
        #expect(client.lookup("inside", in: client.lookup("rootfs")) != 0)
        // The name is free.
        try server.add(name: "@1/rootfs", descriptor: root.open())
        #expect(client.lookup("rootfs", in: client.lookup("@1")) != 0)
    }

    @Test func theTopIsListedAndCannotBeChanged() throws {
        let root = try Scratch()
        let server = try FileServer()
        try server.add(name: "rootfs", descriptor: root.open())
        try server.add(name: "mounts/1", descriptor: root.open())
        let client = Client(server)
        let handle = client.call(27, 1, Bytes().u32(0).u32(0)).u64(at: 16)
        let list = client.call(28, 1, Bytes().u64(handle).u64(0).u32(4096).u32(0).u64(0).u64(0))
        #expect(list.bytes.count == 16 + 4 * 32)
        #expect(client.call(10, 1, Bytes().name("rootfs")).error == -EROFS)
        #expect(client.call(9, 1, Bytes().u32(0).u32(0).name("new")).error == -EROFS)
        #expect(client.call(14, 1, Bytes().u32(0).u32(0)).error == -EISDIR)
    }

    @Test(arguments: ["", "/", "a//b", "../x", "a/..", "rootfs", "rootfs/below"])
    func sharesNeedNewNames(name: String) throws {
        let root = try Scratch()
        let server = try FileServer()
        try server.add(name: "rootfs", descriptor: root.open())
        #expect(throws: Errno.self) { try server.add(name: name, descriptor: root.open()) }
    }

    @Test func aFileIsMadeWrittenReadAndRemoved() throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        let made = client.call(
            35, 1, Bytes().u32(UInt32(O_RDWR)).u32(0o640).u32(0).u32(0).name("f"))
        let node = made.u64(at: 16)
        let handle = made.u64(at: 16 + 128)
        let data = [UInt8](repeating: 7, count: 5000)
        let write = Bytes().u64(handle).u64(0).u32(5000).u32(0).u64(0).u64(0).raw(data)
        #expect(client.call(16, node, write).u32(at: 16) == 5000)
        let read = Bytes().u64(handle).u64(4990).u32(4096).u32(0).u64(0).u64(0)
        #expect(client.call(15, node, read).body == [UInt8](repeating: 7, count: 10))
        #expect(client.call(10, 1, Bytes().name("f")).error == 0)
        #expect(client.call(3, node).u64(at: 40) == 5000)
        #expect(client.call(18, node, Bytes().u64(handle).u64(0).u64(0)).error == 0)
        #expect(client.call(15, node, read).error == -EBADF)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files to others"))
    func newFilesBelongToTheRequestsUser() throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        let made = client.call(9, 1, Bytes().u32(0o777).u32(0o027).name("d"), user: 12, group: 34)
        #expect(made.u32(at: 116) == 0o040750)  // attr.mode
        #expect(made.u32(at: 124) == 12)  // attr.uid
        #expect(made.u32(at: 128) == 34)  // attr.gid
    }

    @Test func resetForgetsNodesAndHandles() throws {
        let scratch = try Scratch()
        try scratch.write("f", "")
        let client = try Client(scratch)
        let node = client.lookup("f")
        let handle = client.call(14, node, Bytes().u32(0).u32(0)).u64(at: 16)
        client.server.reset()
        #expect(client.call(3, node).error == -ESTALE)
        #expect(client.call(18, node, Bytes().u64(handle).u64(0).u64(0)).error == -EBADF)
        #expect(client.lookup("f") != 0)
    }

    @Test func piecesOfMemoryAreCutWhereAsked() throws {
        let memory = [Memory(Array(0..<4)), Memory(Array(4..<10))]
        var vector = IOVector()
        for piece in memory { piece.append(to: &vector) }
        #expect(vector.count == 10)
        #expect(vector.dropFirst(3).prefix(4).copyOut(100) == [3, 4, 5, 6])
        #expect(vector.dropFirst(100).count == 0)
        #expect(vector.prefix(-1).count == 0)
        #expect(vector.dropFirst(8).copyIn([9, 9, 9]) == 2)
        #expect(vector.copyOut(10) == [0, 1, 2, 3, 4, 5, 6, 7, 9, 9])
    }
}
