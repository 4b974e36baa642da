import Glibc
import Linux
import Testing

@testable import FileServer

/// Shares whose files belong to others than on the host.
@Suite struct IDTranslationTests {
    private static let ids = IDTranslation(
        users: [
            .init(stored: 100, shown: 1000, count: 2), .init(stored: 200, shown: 0, count: 1),
        ],
        groups: [.init(stored: 300, shown: 2000, count: 1)])

    @Test(arguments: [(100, 1000), (101, 1001), (200, 0), (102, 65534), (99, 65534), (0, 65534)])
    func showsUsers(stored: UInt32, shown: UInt32) {
        #expect(Self.ids.shown(user: stored) == shown)
    }

    @Test func storesWhatItShows() throws {
        #expect(try Self.ids.stored(user: 1001) == 101)
        #expect(try Self.ids.stored(group: 2000) == 300)
        #expect(throws: Errno(rawValue: EOVERFLOW)) { try Self.ids.stored(user: 100) }
        #expect(throws: Errno(rawValue: EOVERFLOW)) { try Self.ids.stored(group: 2001) }
    }

    @Test func theLastIDIsNoEdge() throws {
        let range = IDTranslation.Range(stored: UInt32.max, shown: 5, count: 10)
        let ids = IDTranslation(users: [range], groups: [])
        #expect(ids.shown(user: UInt32.max) == 5)
        #expect(ids.shown(user: 0) == 65534)
    }

    /// An entry of each of user::, user:, group:: and group:.
    private func list(user: UInt32, group: UInt32) -> [UInt8] {
        Bytes().u32(2).u16(1).u16(7).u32(UInt32.max).u16(2).u16(6).u32(user)
            .u16(4).u16(5).u32(UInt32.max).u16(8).u16(4).u32(group).all
    }

    @Test func accessControlListsNameOthers() throws {
        let host = list(user: 101, group: 300)
        let client = list(user: 1001, group: 2000)
        #expect(AccessControlList.shown(host, Self.ids) == client)
        #expect(try AccessControlList.stored(client, Self.ids) == host)
        #expect(throws: Errno(rawValue: EOVERFLOW)) {
            try AccessControlList.stored(list(user: 1, group: 2000), Self.ids)
        }
        let short = Array(host.prefix(11))
        #expect(try AccessControlList.stored(short, Self.ids) == short)
    }

    /// One whose only user is who runs the test, as 5000.
    private func client(_ scratch: Scratch) throws -> Client {
        let ids = IDTranslation(
            users: [.init(stored: geteuid(), shown: 5000, count: 1)],
            groups: [.init(stored: getegid(), shown: 6000, count: 1)])
        let server = try FileServer()
        try server.add(name: "s", descriptor: scratch.open(), view: ShareView(ids: ids))
        let client = Client(server, scratch)
        _ = client.initialize()
        return client
    }

    /// fuse_entry_out.attr.uid and .gid.
    private func owner(_ reply: Reply) -> [UInt32] {
        [reply.u32(at: 16 + 40 + 68), reply.u32(at: 16 + 40 + 72)]
    }

    @Test func filesBelongToOthers() throws {
        let scratch = try Scratch()
        try scratch.write("file", "")
        let client = try client(scratch)
        let share = client.lookup("s")
        #expect(owner(client.call(1, share, Bytes().name("file"))) == [5000, 6000])
        // FUSE_GETATTR: struct fuse_attr_out.
        let attributes = client.call(3, share, Bytes().u32(0).u32(0).u64(0))
        #expect(attributes.u32(at: 16 + 16 + 68) == 5000)
    }

    @Test func newFilesBelongToWhoMakesThem() throws {
        let scratch = try Scratch()
        let client = try client(scratch)
        let share = client.lookup("s")
        let folder = Bytes().u32(0o755).u32(0).name("folder")
        #expect(owner(client.call(9, share, folder, user: 5000, group: 6000)) == [5000, 6000])
        let stored = try scratch.open().status(of: FileName(component: Array("folder".utf8)))
        #expect(stored.user == geteuid())
    }

    @Test func nobodyElseCanMakeOrGetFiles() throws {
        let scratch = try Scratch()
        try scratch.write("file", "")
        let client = try client(scratch)
        let share = client.lookup("s")
        let folder = Bytes().u32(0o755).u32(0).name("folder")
        #expect(client.call(9, share, folder, user: 0, group: 6000).error == -EOVERFLOW)
        #expect(!scratch.has("folder"))
        // FUSE_SETATTR of the user: struct fuse_setattr_in.
        let change = Bytes().u32(1 << 1).u32(0).u64(0).u64(0).u64(0).u64(0).u64(0).u64(0)
            .u32(0).u32(0).u32(0).u32(0).u32(0).u32(1).u32(0).u32(0)
        #expect(client.call(4, client.lookup("file", in: share), change).error == -EOVERFLOW)
    }
}
