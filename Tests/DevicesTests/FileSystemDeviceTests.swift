import Devices
import GuestMemory
import Linux
import Testing
import Virtio
import VirtioTestDriver

/// The file system device: virtio 1.2, 5.11.
@Suite(.timeLimit(.minutes(2)))
struct FileSystemDeviceTests {
    private let guest: FuseGuest

    init() throws {
        guest = try FuseGuest()
    }

    private func lookup(_ name: String) throws -> [UInt8] {
        try guest.call(guest.request(1, Array(name.utf8) + [0]))
    }

    @Test func theConfigurationHasTagAndQueues_5_11_4() {
        let configuration = guest.device.configuration
        #expect(configuration.count == 40)
        #expect(configuration[..<5] == Array("vmrun".utf8)[...])
        #expect(configuration[5..<36].allSatisfy { $0 == 0 })
        #expect(configuration[36...] == [1, 0, 0, 0])
        #expect(guest.device.type == 26)
        #expect(guest.device.queueSizes.count == 2)
    }

    @Test func aSessionBegins_5_11_6() throws {
        let reply = try guest.initialize()
        // struct fuse_out_header, then struct fuse_init_out.
        #expect(UInt32(reply, at: 0) == UInt32(reply.count))
        #expect(reply.count == 16 + 64)
        #expect(UInt32(reply, at: 4) == 0)
        #expect(UInt64(reply, at: 8) == 1)
        #expect(UInt32(reply, at: 16) == 7)
        #expect(UInt32(reply, at: 20) >= 31)
        #expect(guest.interrupts.value > 0)
    }

    @Test func anotherDeviceGoesOnWithTheProgress() throws {
        try guest.write([1, 2, 3], to: "file")
        _ = try guest.initialize()
        _ = try lookup("file")
        let before = guest.device.progress()
        try guest.moveToAnotherDevice()
        // A session begins with the mount, which comes later than the copy.
        _ = try guest.initialize()
        let reply = try lookup("file")

        #expect(UInt32(reply, at: 4) == 0)
        #expect(UInt64(reply, at: 16 + 40 + 8) == 3)
        #expect(before.map(\.nextAvailable) == [0, 2])
        #expect(guest.device.progress().map(\.nextUsed) == [0, 4])
        #expect(try guest.requests.usedIndex() == 4)
    }

    @Test func aFileIsFound() throws {
        try guest.write([1, 2, 3], to: "file")
        _ = try guest.initialize()
        let reply = try lookup("file")
        #expect(UInt32(reply, at: 4) == 0)
        #expect(UInt64(reply, at: 16) > 1)
        // struct fuse_entry_out: the attributes' size.
        #expect(UInt64(reply, at: 16 + 40 + 8) == 3)
    }

    @Test func aMissingFileHasNoNode() throws {
        _ = try guest.initialize()
        let reply = try lookup("missing")
        // A node id of 0: the driver may remember that there is no such file.
        #expect(UInt32(reply, at: 4) == 0)
        #expect(UInt64(reply, at: 16) == 0)
    }

    @Test func manyRequestsAreAllAnswered() throws {
        _ = try guest.initialize()
        var replies: [MemoryPiece] = []
        for _ in 0..<200 {
            replies.append(try guest.submit(guest.request(3, [UInt8](repeating: 0, count: 16))))
        }
        for _ in replies { #expect(try guest.wait() != nil) }
        for reply in replies {
            #expect(try guest.ram.memory.loadUInt32(at: reply.address) == 16 + 104)
        }
    }

    @Test func aForgetIsGivenBackWithoutReply_5_11_6_1() throws {
        _ = try guest.initialize()
        try guest.highPriority.add(
            readable: [try guest.ram.buffer(guest.request(2, UInt64(1).bytes))])
        guest.device.highPriorityBell.event.signal()
        var taken: UInt32?
        for _ in 0..<5000 where taken == nil {
            taken = try guest.highPriority.take()?.written
            if taken == nil { _ = try EventLoop().runOnce(timeoutMilliseconds: 1) }
        }
        #expect(taken == 0)
    }

    @Test(arguments: [0, 1, 15, 39])
    func lessThanAHeaderIsGivenBackWithoutReply(count: Int) throws {
        let bytes = Array(guest.request(26).prefix(max(1, count)))
        #expect(try guest.call(bytes).isEmpty)
        #expect(try guest.initialize().count == 80)
    }

    @Test(arguments: [UInt32(0), 39, 41, 4096, .max])
    func aLengthThatIsNotTheBuffersIsNotServed(length: UInt32) throws {
        var bytes = guest.request(3)
        bytes.replaceSubrange(0..<4, with: length.bytes)
        let reply = try guest.call(bytes)
        #expect(reply.isEmpty || Int32(bitPattern: UInt32(reply, at: 4)) < 0)
        #expect(try guest.initialize().count == 80)
    }

    @Test func aReplyThatHasNoRoomIsAnError() throws {
        _ = try guest.initialize()
        let reply = try guest.call(guest.request(3, [UInt8](repeating: 0, count: 16)), room: 20)
        #expect(reply.count <= 20)
        #expect(reply.isEmpty || Int32(bitPattern: UInt32(reply, at: 4)) < 0)
    }

    @Test(arguments: [0xd000_0000, 64 << 20, UInt64.max - 31])
    func buffersOutsideOfMemoryAreGivenBackEmpty(address: UInt64) throws {
        let bad = MemoryPiece(address: address, count: 64)
        _ = try guest.requests.add(readable: [bad], writable: [guest.ram.buffer(64)])
        guest.kick()
        #expect(try guest.wait() == 0)
        let bytes = try guest.ram.buffer(guest.request(3, [UInt8](repeating: 0, count: 16)))
        _ = try guest.requests.add(readable: [bytes], writable: [bad])
        guest.kick()
        #expect(try guest.wait() == 0)
        #expect(try guest.initialize().count == 80)
    }

    @Test func aBrokenQueueWorksAgainAfterAReset() throws {
        try guest.requests.publish(0xffff)
        guest.kick()
        guest.device.reset()
        try guest.clearQueues()
        try guest.activate()
        #expect(try guest.initialize().count == 80)
    }

    @Test func afterAResetNothingIsWrittenToTheGuest() throws {
        let content = [UInt8](repeating: 0xaa, count: 1 << 20)
        try guest.write(content, to: "file")
        let zeros = [UInt8](repeating: 0, count: 16 + content.count)
        var written = 0
        for _ in 0..<12 {
            _ = try guest.initialize()
            let node = UInt64(try lookup("file"), at: 16)
            let opened = try guest.call(
                guest.request(14, node: node, [UInt8](repeating: 0, count: 8)))
            let handle = UInt64(opened, at: 16)
            let read =
                handle.bytes + UInt64(0).bytes + UInt32(1 << 20).bytes
                + [UInt8](repeating: 0, count: 20)
            let reply = try guest.submit(guest.request(15, node: node, read), room: 16 + 1 << 20)
            // The data has begun to come.
            for _ in 0..<1_000_000
            where try guest.ram.memory.loadUInt8(at: reply.address + 16) == 0 {}
            guest.device.reset()
            try guest.ram.memory.clear(at: reply.address, count: UInt64(reply.count))
            _ = try EventLoop().runOnce(timeoutMilliseconds: 3)
            if try guest.ram.bytes(reply) != zeros { written += 1 }
            try guest.clearQueues()
            try guest.activate()
        }
        #expect(written == 0)
    }
}
