import Devices
import GuestMemory
import Linux
import Testing
import Virtio
import VirtioTestDriver

/// What a driver of a network card must not do.
@Suite(.timeLimit(.minutes(2)))
struct NetworkHostileTests {
    /// The card still works, both ways.
    private func expectHealth(_ guest: NetworkGuest) throws {
        try guest.send(NetworkGuest.packet(99))
        #expect(try guest.arrived()?.count == 111)
        #expect(try guest.returned() == 0)
        try guest.post(64, size: 1536)
        try guest.transfer(NetworkGuest.packet(98))
        #expect(try guest.received()?.bytes.count == 110)
    }

    @Test(arguments: [0, 1, 11, 12, 65_566, 1 << 20])
    func aChainThatIsNoPacketIsDropped(count: Int) throws {
        let guest = try NetworkGuest()
        try guest.send([UInt8](repeating: 0, count: count))
        #expect(try guest.returned() == 0)
        #expect(guest.device.counters.fromGuest.drops == 1)
        try expectHealth(guest)
    }

    @Test(arguments: [0xd000_0000, 64 << 20, UInt64.max - 31])
    func aPacketOutsideOfMemoryIsDropped(address: UInt64) throws {
        let guest = try NetworkGuest()
        try guest.transmit.add(readable: [MemoryPiece(address: address, count: 64)])
        guest.ringTransmit()
        #expect(try guest.returned() == 0)
        try expectHealth(guest)
    }

    @Test func aPacketThatTheDeviceMayOnlyWriteIsDropped() throws {
        let guest = try NetworkGuest()
        let buffer = guest.ram.buffer(64)
        try guest.transmit.add(writable: [buffer])
        guest.ringTransmit()
        #expect(try guest.returned() == 0)
        #expect(try guest.ram.bytes(buffer) == [UInt8](repeating: 0, count: 64))
        try expectHealth(guest)
    }

    @Test(arguments: [0, 1, 11])
    func aBufferWithoutRoomForAHeaderIsGivenBackEmpty_5_1_6_3_2(count: Int) throws {
        let guest = try NetworkGuest()
        try guest.post(1, size: count)
        #expect(try guest.waiting { try guest.receive.take()?.written } == 0)
        try expectHealth(guest)
    }

    @Test(arguments: [0xd000_0000, 64 << 20, UInt64.max - 31])
    func aBufferOutsideOfMemoryIsGivenBackEmpty(address: UInt64) throws {
        let guest = try NetworkGuest()
        try guest.receive.add(writable: [MemoryPiece(address: address, count: 2048)])
        guest.ringReceive()
        #expect(try guest.waiting { try guest.receive.take()?.written } == 0)
        try expectHealth(guest)
    }

    @Test func aBufferThatTheDeviceMayNotWriteIsLeftAlone() throws {
        let guest = try NetworkGuest()
        let buffer = guest.ram.buffer(2048)
        try guest.receive.add(readable: [buffer])
        guest.ringReceive()
        #expect(try guest.waiting { try guest.receive.take()?.written } == 0)
        #expect(try guest.ram.bytes(buffer).allSatisfy { $0 == 0 })
        try expectHealth(guest)
    }

    @Test func aBadBufferAmongOthersCostsThemNothing() throws {
        let guest = try NetworkGuest()
        try guest.post(1, size: 1536)
        try guest.post(1, size: 3)
        try guest.post(100, size: 1536)
        try guest.transfer(NetworkGuest.packet(100))
        #expect(try guest.received()?.bytes.count == 112)
        try guest.transfer(NetworkGuest.packet(60_000))
        #expect(try guest.waiting { try guest.receive.take()?.written } == 0)
        #expect(try guest.received()?.bytes.count == 60_012)
        #expect(guest.device.progress().map(\.nextUsed) == [42, 0])
    }

    /// More pieces than one readv(2) takes.
    @Test func buffersOfVeryManyPiecesAreUsed() throws {
        let guest = try NetworkGuest()
        let page = guest.ram.buffer(4096)
        for _ in 0..<20 {
            let pieces = (0..<250).map { MemoryPiece(address: page.address + $0 * 16, count: 16) }
            try guest.receive.addIndirect(&guest.ram, writable: pieces)
        }
        guest.ringReceive()
        try guest.transfer(NetworkGuest.packet(1000))
        #expect(try guest.waiting { try guest.receive.take()?.written } == 1012)
    }

    @Test func buffersMayOverlap() throws {
        let guest = try NetworkGuest()
        let place = guest.ram.buffer(2048)
        for _ in 0..<100 { try guest.receive.add(writable: [place, place]) }
        guest.ringReceive()
        try guest.transfer(NetworkGuest.packet(9000))
        #expect(try guest.waiting { try guest.receive.take()?.written } == 4096)
    }

    @Test(arguments: [0, 1])
    func aBrokenQueueWorksAgainAfterAReset(queue: Int) throws {
        let guest = try NetworkGuest()
        if queue == 0 {
            try guest.receive.publish(0xffff)
        } else {
            try guest.transmit.publish(0xffff)
        }
        guest.device.bells[queue].event.signal()
        #expect(try guest.waiting { guest.reports.value > 0 ? true : nil } == true)
        guest.device.reset()
        guest.clearQueues()
        try guest.activate()
        try expectHealth(guest)
        #expect(guest.reports.value == 1)
    }

    @Test func queuesThatAreNotReadyAreLeftAlone() throws {
        let guest = try NetworkGuest()
        guest.device.reset()
        guest.device.activate(
            Activation(
                features: guest.device.features, queues: [.init(), .init()],
                interrupt: DeviceInterrupt {}))
        try guest.transfer(NetworkGuest.packet(60))
        guest.device.activate(
            Activation(
                features: guest.device.features, queues: [], interrupt: DeviceInterrupt {}))
        guest.device.reset()
        guest.clearQueues()
        try guest.activate()
        try guest.post(64, size: 1536)
        #expect(try guest.received()?.bytes.count == 72)
    }

    @Test func afterAResetNothingIsWrittenToTheGuest() throws {
        let guest = try NetworkGuest()
        var written = 0
        for _ in 0..<50 {
            let place = guest.ram.allocate(200 * 1536, alignment: 4096)
            for index in UInt64(0)..<200 {
                try guest.receive.add(
                    writable: [MemoryPiece(address: place + index * 1536, count: 1536)])
            }
            guest.ringReceive()
            for _ in 0..<3 { try guest.transfer(NetworkGuest.packet(60_000)) }
            guest.device.reset()
            try guest.ram.memory.clear(at: place, count: 200 * 1536)
            _ = try EventLoop().runOnce(timeoutMilliseconds: 3)
            let bytes = try guest.ram.memory.read(at: place, count: 200 * 1536)
            if bytes.contains(where: { $0 != 0 }) { written += 1 }
            guest.clearQueues()
            try guest.activate()
        }
        #expect(written == 0)
    }
}
