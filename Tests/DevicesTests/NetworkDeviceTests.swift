import Devices
import GuestMemory
import Linux
import Testing
import Virtio
import VirtioTestDriver

/// The network card: virtio 1.2, 5.1.
@Suite(.timeLimit(.minutes(2)))
struct NetworkDeviceTests {
    @Test func aDriverFindsANetworkCard_5_1() throws {
        let guest = try NetworkGuest(attached: false)
        #expect(guest.device.type == 1)
        #expect(guest.device.queueSizes.count == 2)
        #expect(guest.device.bells.count == 2)
        // mac, status.
        #expect(guest.device.configuration == NetworkGuest.mac + [1, 0])
        // CSUM, GUEST_CSUM, MAC, GUEST_TSO4, GUEST_TSO6, HOST_TSO4, HOST_TSO6, MRG_RXBUF, STATUS.
        #expect(guest.device.features & 0xff_ffff == 0x199a3)
        #expect(guest.device.features & Feature.common == Feature.common)
    }

    @Test(arguments: [0, 5, 7])
    func anAddressHasSixBytes(count: Int) throws {
        let memory = try GuestMemory(size: 4096)
        #expect(throws: Errno.invalidArgument) {
            try NetworkDevice(memory: memory, mac: [UInt8](repeating: 2, count: count)) { _ in }
        }
    }

    @Test(arguments: [1, 60, 1514, 65535])
    func whatTheGuestSendsReachesTheTapAsItIs(count: Int) throws {
        let guest = try NetworkGuest()
        let packet = NetworkGuest.packet(count)
        try guest.send(packet)
        #expect(try guest.arrived() == packet)
        #expect(try guest.returned() == 0)
        #expect(guest.device.counters.fromGuest.packets == 1)
        #expect(guest.device.counters.fromGuest.bytes == UInt64(count))
    }

    @Test(arguments: [false, true])
    func aPacketMayBeInManyPieces_2_7_5(indirect: Bool) throws {
        let guest = try NetworkGuest()
        let packet = NetworkGuest.packet(1000)
        let ends = [0, 5, 12, 13, 600, 1012]
        let pieces = try zip(ends, ends.dropFirst()).map {
            try guest.ram.buffer(Array(packet[$0..<$1]))
        }
        if indirect {
            try guest.transmit.addIndirect(&guest.ram, readable: pieces)
        } else {
            try guest.transmit.add(readable: pieces)
        }
        guest.ringTransmit()
        #expect(try guest.arrived() == packet)
    }

    @Test func aPacketFillsABuffer_5_1_6_4() throws {
        let guest = try NetworkGuest()
        try guest.post(64, size: 1536)
        var packet = NetworkGuest.packet(100)
        try guest.transfer(packet)
        // num_buffers.
        packet[10] = 1
        let received = try guest.received()
        #expect(received?.bytes == packet)
        #expect(received?.buffers == 1)
        #expect(try guest.waiting { guest.interrupts.value > 0 ? true : nil } == true)
        #expect(guest.device.counters.toGuest.packets == 1)
        #expect(guest.device.counters.toGuest.bytes == 100)
    }

    @Test(arguments: [(1524, 1), (1525, 2), (9000, 6), (65535, 43)])
    func aLongPacketFillsSeveralBuffers_5_1_6_4(count: Int, buffers: Int) throws {
        let guest = try NetworkGuest()
        try guest.post(200, size: 1536)
        let packet = NetworkGuest.packet(count)
        for _ in 0..<3 {
            try guest.transfer(packet)
            let received = try guest.received()
            #expect(received?.bytes.dropFirst(12) == packet.dropFirst(12))
            #expect(received?.buffers == buffers)
        }
    }

    @Test func withoutMergeableBuffersAPacketHasOneChain_5_1_6_4() throws {
        let guest = try NetworkGuest(
            without: NetworkGuest.mergeableBuffers | NetworkGuest.guestSegmentation)
        try guest.post(2, size: 1526)
        try guest.transfer(NetworkGuest.packet(1515))
        try guest.transfer(NetworkGuest.packet(1514, seed: 2))
        let received = try guest.received()
        #expect(received?.bytes.dropFirst(12) == NetworkGuest.packet(1514, seed: 2).dropFirst(12))
        #expect(received?.buffers == 1)
        #expect(guest.device.counters.toGuest.packets == 1)
        // The longer one did not fit.
        #expect(guest.device.counters.toGuest.drops == 1)
    }

    @Test func packetsWaitForBuffers() throws {
        let guest = try NetworkGuest()
        let packet = NetworkGuest.packet(3000)
        try guest.transfer(packet)
        try guest.post(2, size: 1536)
        // Less than the longest segment could come.
        #expect(try guest.waiting(0) { try guest.takeReceived() } == nil)
        try guest.post(41, size: 1536)
        #expect(try guest.received()?.bytes.dropFirst(12) == packet.dropFirst(12))
        #expect(guest.device.counters.toGuest.drops == 0)
    }

    @Test func withoutSegmentsOneFrameHasToFit_5_1_6_3_1() throws {
        let guest = try NetworkGuest(without: NetworkGuest.guestSegmentation)
        try guest.post(1, size: 1526)
        try guest.transfer(NetworkGuest.packet(1514))
        #expect(try guest.received()?.bytes.count == 1526)
    }

    @Test func whatDoesNotFitAQueueThatIsFullIsDropped() throws {
        let guest = try NetworkGuest(queueSize: 4)
        try guest.post(4, size: 100)
        try guest.transfer(NetworkGuest.packet(389))
        try guest.transfer(NetworkGuest.packet(388, seed: 7))
        let received = try guest.received()
        #expect(received?.bytes.dropFirst(12) == NetworkGuest.packet(388, seed: 7).dropFirst(12))
        #expect(received?.buffers == 4)
        #expect(guest.device.counters.toGuest.drops == 1)
    }

    @Test func interruptsAreBatched() throws {
        let guest = try NetworkGuest(without: Feature.eventIndex)
        for _ in 0..<32 {
            try guest.transmit.add(readable: [guest.ram.buffer(NetworkGuest.packet(60))])
        }
        guest.ringTransmit()
        for _ in 0..<32 { #expect(try guest.returned() == 0) }
        #expect(try guest.waiting { guest.interrupts.value > 0 ? true : nil } == true)
        // One for each ring that came on the way; not one for each packet.
        #expect(guest.interrupts.value < 8)
    }

    @Test func aTapThatTakesNothingHoldsPacketsUp() throws {
        let guest = try NetworkGuest()
        // More than the socket's buffer.
        let packets = (0..<200).map { NetworkGuest.packet(4000, seed: UInt8($0)) }
        for packet in packets { try guest.send(packet) }
        var returned = 0
        while try guest.waiting(0, { try guest.transmit.take() }) != nil { returned += 1 }
        #expect(returned < packets.count)
        for packet in packets { #expect(try guest.arrived() == packet) }
        for _ in returned..<packets.count { #expect(try guest.returned() == 0) }
        #expect(guest.device.counters.fromGuest.packets == 200)
        #expect(guest.device.counters.fromGuest.drops == 0)
    }
}
