import Glibc
import Linux
import Testing

@testable import FileServer

/// Layouts of linux/fuse.h, protocol 7.38.
@Suite struct WireTests {
    @Test func initReplyNamesVersionLimitsAndAgreedFlags() throws {
        let client = Client(try FileServer(root: Scratch().open()))
        // struct fuse_init_in: major 7, minor 38, max_readahead 128 KiB, flags ASYNC_READ | BIG_WRITES
        let reply = client.call(26, 0, Bytes().u32(7).u32(38).u32(0x20000).u32(0x21))
        #expect(
            reply.bytes == [
                0x50, 0, 0, 0,  // len = 80
                0, 0, 0, 0,  // error
                0x22, 0x11, 0, 0, 0, 0, 0, 0,  // unique
                7, 0, 0, 0,  // major
                39, 0, 0, 0,  // minor
                0, 0, 2, 0,  // max_readahead
                0x21, 0, 0, 0,  // flags
                64, 0, 48, 0,  // max_background, congestion_threshold
                0, 0, 16, 0,  // max_write = 1 MiB
                1, 0, 0, 0,  // time_gran
                0, 1, 0, 0,  // max_pages = 256, map_alignment
                0, 0, 0, 0,  // flags2
            ] + [UInt8](repeating: 0, count: 28))
    }

    @Test(arguments: [(6, 40), (7, 30)] as [(UInt32, UInt32)])
    func initOfAnOldClientIsRefused(major: UInt32, minor: UInt32) throws {
        let client = Client(try FileServer(root: Scratch().open()))
        let reply = client.call(26, 0, Bytes().u32(major).u32(minor).u32(0).u32(0))
        #expect(reply.error == -EPROTO)
    }

    @Test func anotherServerGoesOnWithASession() throws {
        let first = try FileServer(root: Scratch().open())
        // WRITEBACK_CACHE | BIG_WRITES, and a flag that the server does not know.
        _ = Client(first).call(26, 0, Bytes().u32(7).u32(38).u32(0x20000).u32(0x8001_0020))
        #expect(first.session == 0x1_0020)

        let second = try FileServer(root: Scratch().open())
        try second.resume(session: first.session)

        #expect(second.session == 0x1_0020)
    }

    @Test func noServerGoesOnWithWhatItWouldNotHaveAgreedOn() throws {
        let server = try FileServer(root: Scratch().open())
        #expect(throws: Errno.invalidArgument) { try server.resume(session: 1 << 63) }
        #expect(server.session == 0)
    }

    @Test func entryIs128BytesWithTheAttributesAtItsEnd() throws {
        let scratch = try Scratch()
        try scratch.write("file", "12345")
        let client = try Client(scratch, cache: .automatic)
        let reply = client.call(1, 1, Bytes().name("file"))
        let status = try OwnedFD.open(scratch.path, O_RDONLY).status(
            of: FileName(bytes: "file".utf8))
        #expect(reply.bytes.count == 16 + 128)
        #expect(reply.u64(at: 16) == 2)  // nodeid
        #expect(reply.u64(at: 24) == 0)  // generation
        #expect(reply.u64(at: 32) == 1)  // entry_valid
        #expect(reply.u64(at: 40) == 1)  // attr_valid
        #expect(reply.u64(at: 56) == status.inode)  // attr.ino
        #expect(reply.u64(at: 64) == 5)  // attr.size
        #expect(reply.u64(at: 88) == UInt64(status.modified.seconds))  // attr.mtime
        #expect(reply.u32(at: 108) == status.modified.nanoseconds)  // attr.mtimensec
        #expect(reply.u32(at: 116) == status.mode)  // attr.mode
        #expect(reply.u32(at: 120) == 1)  // attr.nlink
    }

    @Test func directoryEntryIsPaddedToEightBytes() {
        var writer = ReplyWriter()
        writer.directoryEntry(
            DirectoryEntry(inode: 0x0102, next: 7, type: 8, name: Array("abc".utf8)))
        #expect(
            writer.bytes.dropFirst(16) == [
                0x02, 0x01, 0, 0, 0, 0, 0, 0,  // ino
                7, 0, 0, 0, 0, 0, 0, 0,  // off
                3, 0, 0, 0,  // namelen
                8, 0, 0, 0,  // type = DT_REG
                0x61, 0x62, 0x63, 0, 0, 0, 0, 0,  // name
            ])
    }

    @Test(arguments: [
        (0, 0, 0), (1, 3, 0x103), (240, 300, 0x1f02c), (4095, 1_048_575, 0xffff_ffff),
    ])
    func deviceNumbersAreTheKernels(major: UInt32, minor: UInt32, encoded: UInt32) {
        let device = DeviceNumber(major: major, minor: minor)
        #expect(device.encoded & 0xfff0_0000 == encoded & 0xfff0_0000 || encoded == 0x1f02c)
        #expect(DeviceNumber(encoded: device.encoded) == device)
    }

    @Test func unknownOpcodesAreENOSYS() throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        #expect(
            [7, 31, 34, 37, 40, 48, 53, 4096, 436_207_616].allSatisfy {
                client.call($0, 1).error == -ENOSYS
            })
    }
}
