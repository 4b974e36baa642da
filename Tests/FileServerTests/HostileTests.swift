import Glibc
import Linux
import Testing

@testable import FileServer

/// What no kernel would send.
@Suite struct HostileTests {
    @Test func requestsCutShortAnywhereAreAnsweredOrDropped() throws {
        let scratch = try Scratch()
        try scratch.write("f", "text")
        let client = try Client(scratch)
        for opcode in UInt32(1)...53 {
            let whole = Bytes().u32(100).u32(opcode).u64(9).u64(1).u32(0).u32(0).u32(0).u32(0)
                .raw([UInt8](repeating: 0x41, count: 59) + [0])
            for length in stride(from: 0, through: 100, by: 3) {
                var bytes = Array(whole.all.prefix(length))
                if length >= 4 { bytes[0] = UInt8(length) }
                let reply = client.send(bytes)
                #expect(reply.bytes.isEmpty || reply.u32(at: 0) == UInt32(reply.bytes.count))
            }
        }
    }

    @Test func aLengthBeyondTheRequestIsDropped() throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        let header = Bytes().u32(41).u32(1).u64(1).u64(1).u32(0).u32(0).u32(0).u32(0)
        #expect(client.send(header.all).bytes.isEmpty)
    }

    @Test func extensionsBeyondTheRequestAreDropped() throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        let header = Bytes().u32(40).u32(3).u64(1).u64(1).u32(0).u32(0).u32(0).u16(6).u16(0)
        #expect(client.send(header.all).bytes.isEmpty)
    }

    @Test(arguments: ["", ".", "..", "a/b", "/", "../x", "/etc/passwd"])
    func namesThatAreNoComponentAreRefused(name: String) throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        #expect(client.call(1, 1, Bytes().name(name)).error == -EINVAL)
        #expect(client.call(9, 1, Bytes().u32(0o755).u32(0).name(name)).error == -EINVAL)
        #expect(client.call(12, 1, Bytes().u64(1).name("a").name(name)).error == -EINVAL)
        #expect(client.call(6, 1, Bytes().name(name).name("t")).error == -EINVAL)
    }

    @Test func namesAbove255BytesAreRefused() throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        let name = String(repeating: "n", count: 256)
        #expect(client.call(1, 1, Bytes().name(name)).error == -ENAMETOOLONG)
    }

    @Test func aNameWithoutItsZeroIsRefused() throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        #expect(client.call(1, 1, Bytes().raw([0x41, 0x42])).error == -EINVAL)
    }

    @Test(arguments: [0, 2, 99, UInt64.max])
    func nodesThatWereNeverGivenAreStale(node: UInt64) throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        #expect(client.call(1, node, Bytes().name("x")).error == -ESTALE)
        #expect(client.call(3, node).error == -ESTALE)
        #expect(client.call(14, node, Bytes().u32(0).u32(0)).error == -ESTALE)
    }

    @Test(arguments: [0, 1, 77, UInt64.max])
    func handlesThatWereNeverGivenAreBad(handle: UInt64) throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        let read = Bytes().u64(handle).u64(0).u32(4096).u32(0).u64(0).u32(0).u32(0)
        #expect(client.call(15, 1, read).error == -EBADF)
        #expect(client.call(28, 1, read).error == -EBADF)
        #expect(client.call(18, 1, read).error == -EBADF)
        #expect(client.call(16, 1, read.raw([1, 2, 3])).error == -EBADF)
    }

    @Test func aWriteLargerThanItsPayloadIsRefused() throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        let made = client.call(35, 1, Bytes().u32(2).u32(0o600).u32(0).u32(0).name("f"))
        let handle = made.u64(at: 16 + 128)
        let write = Bytes().u64(handle).u64(0).u32(100).u32(0).u64(0).u32(0).u32(0).raw([1, 2])
        #expect(client.call(16, 2, write).error == -EINVAL)
    }

    @Test func offsetsAndSizesAtTheEndOfTheRangeAreErrors() throws {
        let scratch = try Scratch()
        var options = Options()
        options.writeback = false
        let client = try Client(scratch, options: options)
        let made = client.call(35, 1, Bytes().u32(2).u32(0o600).u32(0).u32(0).name("f"))
        let handle = made.u64(at: 16 + 128)
        for offset in [UInt64.max, 1 << 63, UInt64(Int64.max)] {
            let read = Bytes().u64(handle).u64(offset).u32(UInt32.max).u32(0).u64(0).u64(0)
            #expect(client.call(15, 2, read).body.isEmpty)
            #expect(client.call(46, 2, Bytes().u64(handle).u64(offset).u32(3).u32(0)).error < 0)
            #expect(
                client.call(43, 2, Bytes().u64(handle).u64(offset).u64(offset).u64(0)).error < 0)
        }
        let opened = client.call(27, 1, Bytes().u32(0).u32(0)).u64(at: 16)
        let list = Bytes().u64(opened).u64(UInt64.max).u32(UInt32.max).u32(0).u64(0).u64(0)
        #expect(client.call(28, 1, list).error == -EINVAL)
    }

    @Test func arbitraryBytesNeverDoMoreThanFail() throws {
        let scratch = try Scratch()
        try scratch.write("f", "text")
        let client = try Client(scratch)
        _ = client.lookup("f")
        var seed: UInt64 = 42
        func next() -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return seed >> 33
        }
        for _ in 0..<3000 {
            let count = Int(next() % 120)
            let opcode = UInt32(next() % 54)
            let tail = (0..<count).map { _ in
                next() % 3 == 0 ? UInt8(next() & 0xff) : UInt8(next() & 3)
            }
            let reply = client.call(opcode, next() % 4, Bytes().raw(tail))
            #expect(reply.bytes.isEmpty || reply.u32(at: 0) == UInt32(reply.bytes.count))
        }
    }

    @Test func aReplyThatHasNoRoomIsAnError() throws {
        let scratch = try Scratch()
        let client = try Client(scratch)
        let request = Bytes().u32(56).u32(3).u64(1).u64(1).u64(0).u64(0).u64(0).u64(0)
        #expect(client.send(request.all, room: 8).bytes.isEmpty)
        #expect(client.send(request.all, room: 40).error == -EIO)
    }
}
