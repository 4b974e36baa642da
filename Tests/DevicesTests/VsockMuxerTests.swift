import Devices
import GuestMemory
import Linux
import Testing
import Virtio
import VirtioTestDriver

/// Connections and their ends, through the queues: virtio 1.2, 5.10.6.
@Suite struct VsockMuxerTests {
    private let guest: VsockGuest

    init() throws {
        guest = try VsockGuest()
        let loop = guest.loop
        // A port whose streams have nothing to say and take nothing.
        guest.host.listeners[9] = { HostStream(loop: loop, input: nil, output: nil) }
    }

    private func listen(_ port: UInt32) -> () -> HostEnd? {
        let loop = guest.loop
        var end: HostEnd?
        guest.host.listeners[port] = {
            guard let (stream, other) = try? HostEnd.socket(loop) else { return nil }
            end = other
            return stream
        }
        return { end }
    }

    @Test func aConnectionIsAnswered_5_10_6_4() throws {
        let end = listen(80)
        let socket = GuestSocket(hostPort: 80)
        try guest.send(socket.header(.request))
        let packet = try #require(try guest.next())
        #expect(packet.operation == .response)
        #expect(packet.header.sourceCID == 2)
        #expect(packet.header.destinationCID == 3)
        #expect((packet.header.sourcePort, packet.header.destinationPort) == (80, 1025))
        #expect(packet.header.bufferSize == VsockConnection.bufferSize)
        #expect(end() != nil)
        #expect(guest.muxer.streamCount(except: 0) == 1)
        #expect(guest.interrupts.value > 0)
    }

    @Test func aPortWithoutListenerIsReset_5_10_6_4() throws {
        try guest.send(GuestSocket(hostPort: 81).header(.request))
        let packets = try guest.packets()
        #expect(packets.map(\.operation) == [.reset])
        #expect(packets.first?.header.sourcePort == 81)
        #expect(packets.first?.header.destinationPort == 1025)
        #expect(guest.muxer.streamCount(except: 0) == 0)
    }

    @Test(arguments: [
        VsockHeader.Operation.response, .shutdown, .readWrite, .creditUpdate, .creditRequest,
    ])
    func aPacketOfNoStreamIsReset_5_10_6(operation: VsockHeader.Operation) throws {
        _ = listen(80)
        try guest.send(GuestSocket(hostPort: 80).header(operation))
        #expect(try guest.packets().map(\.operation) == [.reset])
    }

    @Test func aResetOfNoStreamIsNotAnswered() throws {
        try guest.send(GuestSocket(hostPort: 80).header(.reset))
        #expect(try guest.packets().isEmpty)
    }

    @Test(arguments: [
        (VsockDevice.guestCID, UInt64(1), UInt16(1)), (VsockDevice.guestCID, 3, 1),
        (VsockDevice.guestCID, .max, 1), (4, 2, 1), (2, 2, 1),
        // A type that is not known (5.10.6): SEQPACKET was not offered.
        (VsockDevice.guestCID, 2, 2), (VsockDevice.guestCID, 2, 0), (VsockDevice.guestCID, 2, .max),
    ])
    func aPacketOfAWrongAddressOrTypeIsReset_5_10_6(
        source: UInt64, destination: UInt64, type: UInt16
    ) throws {
        let end = listen(80)
        var header = GuestSocket(hostPort: 80).header(.request)
        header.sourceCID = source
        header.destinationCID = destination
        header.type = type
        try guest.send(header)
        #expect(try guest.packets().map(\.operation) == [.reset])
        #expect(end() == nil)
    }

    @Test func aSecondRequestOfAStreamResetsIt() throws {
        _ = listen(80)
        let socket = GuestSocket(hostPort: 80)
        try guest.send(socket.header(.request))
        try guest.send(socket.header(.request))
        #expect(try guest.packets().map(\.operation) == [.response, .reset])
        #expect(guest.muxer.streamCount(except: 0) == 0)
        #expect(guest.host.closed == [80])
    }

    @Test func aCreditRequestIsAnswered_5_10_6_3() throws {
        _ = listen(80)
        let socket = GuestSocket(hostPort: 80)
        try guest.send(socket.header(.request))
        try guest.send(socket.header(.creditRequest))
        #expect(try guest.packets().map(\.operation) == [.response, .creditUpdate])
    }

    @Test func theGuestsResetClosesTheHostsEnd() throws {
        let end = listen(80)
        let socket = GuestSocket(hostPort: 80)
        try guest.send(socket.header(.request))
        _ = try guest.packets()
        try guest.send(socket.header(.reset))
        #expect(try guest.packets().isEmpty)
        #expect(try end()?.read() == nil)
        #expect(guest.host.closed == [80])
        #expect(guest.muxer.streamCount(except: 0) == 0)
    }

    @Test func theDriversResetClosesAllStreams() throws {
        let first = listen(80)
        let second = listen(81)
        try guest.send(GuestSocket(hostPort: 80).header(.request))
        try guest.send(GuestSocket(hostPort: 81).header(.request))
        guest.muxer.reset()
        #expect(guest.host.closed.sorted() == [80, 81])
        #expect(try first()?.read() == nil)
        #expect(try second()?.read() == nil)
        try guest.send(GuestSocket(hostPort: 80).header(.request))
        guest.muxer.process()
        #expect(guest.muxer.streamCount(except: 0) == 0)
    }

    @Test func streamsOfOnePortAreLeftOutOfTheCount() throws {
        guest.host.listeners[10] = guest.host.listeners[9]
        try guest.send(GuestSocket(port: 1, hostPort: 9).header(.request))
        try guest.send(GuestSocket(port: 2, hostPort: 9).header(.request))
        try guest.send(GuestSocket(port: 1, hostPort: 10).header(.request))
        #expect(guest.muxer.streamCount(except: 9) == 1)
        #expect(guest.muxer.streamCount(except: 10) == 2)
    }

    @Test func connectionsBeyondTheLimitAreReset() throws {
        var resets = 0
        for port in UInt32(1)...1100 {
            try guest.send(GuestSocket(port: port, hostPort: 9).header(.request))
            resets += try guest.packets().count { $0.operation == .reset }
        }
        #expect(guest.muxer.streamCount(except: 0) == 1024)
        #expect(resets == 1100 - 1024)
    }

    @Test func aPlaceThatWasGivenBackIsUsedAgain() throws {
        for port in UInt32(1)...1024 {
            try guest.send(GuestSocket(port: port, hostPort: 9).header(.request))
            try guest.settle()
        }
        try guest.send(GuestSocket(port: 7, hostPort: 9).header(.reset))
        _ = try guest.packets()
        try guest.send(GuestSocket(port: 2000, hostPort: 9).header(.request))
        #expect(try guest.packets().first?.operation == .response)
    }

    @Test func aGuestThatTakesNothingIsHeldUpAndGoesOnLater() throws {
        let guest = try VsockGuest(buffers: 0)
        var taken = 0
        while try guest.send(GuestSocket(hostPort: 81).header(.request)), taken < 5000 {
            try guest.settle()
            taken += 1
        }
        // So many answers wait, and the queue is full of what was not read.
        #expect(taken < 600)
        for _ in 0..<200 {
            try guest.post(guest.ram.buffer(100))
        }
        var answers = 0
        _ = try guest.wait {
            answers += try guest.packets().count
            return answers == taken
        }
        #expect(answers == taken)
    }

    @Test func streamsThatAreGoneLeaveNoWork() throws {
        let guest = try VsockGuest(buffers: 0, repost: false)
        let loop = guest.loop
        guest.host.listeners[9] = { HostStream(loop: loop, input: nil, output: nil) }
        for _ in 0..<3 {
            for port in UInt32(1)...150 {
                try guest.send(GuestSocket(port: port, hostPort: 9).header(.request))
            }
            // Room for the answers, and for nothing more.
            for _ in 0..<150 { try guest.post(guest.ram.buffer(100)) }
            _ = try guest.packets()
            for port in UInt32(1)...150 {
                try guest.send(GuestSocket(port: port, hostPort: 9).header(.reset))
            }
            try guest.settle()
        }
        guest.host.hasMoreWork = false
        try guest.post(guest.ram.buffer(100))
        guest.muxer.process()
        #expect(!guest.host.hasMoreWork)
        #expect(guest.muxer.streamCount(except: 0) == 0)
    }
}

/// What no driver sends.
@Suite struct VsockHostilityTests {
    private let guest: VsockGuest

    init() throws {
        guest = try VsockGuest()
        let loop = guest.loop
        guest.host.listeners[9] = { HostStream(loop: loop, input: nil, output: nil) }
    }

    /// Whether the device still works.
    private func answers() throws -> Bool {
        _ = try guest.packets()
        try guest.send(GuestSocket(port: 99, hostPort: 81).header(.request))
        return try guest.packets().map(\.operation) == [.reset]
    }

    @Test(arguments: [0, 1, 43])
    func lessThanAHeaderIsDropped(count: Int) throws {
        try guest.send(raw: [UInt8](repeating: 0xff, count: count))
        #expect(try guest.packets().isEmpty)
        #expect(try answers())
    }

    @Test(arguments: [UInt32(1), 4, 65537, .max])
    func aLengthBeyondTheBufferIsDropped(length: UInt32) throws {
        var header = GuestSocket(hostPort: 9).header(.readWrite)
        header.length = length
        try guest.send(header)
        #expect(try guest.packets().isEmpty)
        #expect(try answers())
    }

    @Test func morePayloadThanAnyDriverSendsIsDropped() throws {
        let header = GuestSocket(hostPort: 9).header(.readWrite, length: 65537)
        try guest.send(header, [UInt8](repeating: 0, count: 65537))
        #expect(try guest.packets().isEmpty)
        #expect(try answers())
    }

    @Test func bytesAfterThePayloadAreIgnored() throws {
        try guest.send(GuestSocket(hostPort: 81).header(.request), [1, 2, 3])
        #expect(try guest.packets().map(\.operation) == [.reset])
    }

    @Test func aHeaderInManyPiecesIsRead() throws {
        let bytes = GuestSocket(hostPort: 81).header(.request).bytes
        let piece = try guest.ram.buffer(bytes)
        let pieces = (UInt64(0)..<44).map { MemoryPiece(address: piece.address + $0, count: 1) }
        _ = try guest.transmit.add(readable: pieces)
        #expect(try guest.packets().map(\.operation) == [.reset])
    }

    @Test(arguments: [UInt64(0xd000_0000), 256 << 20, 0xffff_ffff_ffff_fff0])
    func aBufferOutsideOfMemoryIsGivenBack(address: UInt64) throws {
        let piece = MemoryPiece(address: address, count: 64)
        _ = try guest.transmit.add(readable: [piece])
        _ = try guest.receive.add(writable: [piece])
        guest.muxer.process()
        #expect(try guest.transmit.take()?.written == 0)
    }

    @Test(arguments: [1, 43])
    func aReceiveBufferThatIsTooSmallIsGivenBackEmpty(count: Int) throws {
        let guest = try VsockGuest(buffers: 0)
        try guest.post(guest.ram.buffer(count))
        try guest.send(GuestSocket(hostPort: 81).header(.request))
        guest.muxer.process()
        #expect(try guest.receive.take()?.written == 0)
        try guest.post(guest.ram.buffer(100))
        #expect(try guest.packets().map(\.operation) == [.reset])
    }

    @Test(arguments: [0, 1])
    func aBrokenQueueStopsTheDeviceUntilItIsReset(queue: Int) throws {
        try guest.send(GuestSocket(hostPort: 9).header(.request))
        if queue == 0 {
            try guest.receive.setAvailableIndex(guest.receive.availableIndex &+ 300)
            try guest.send(GuestSocket(hostPort: 81).header(.request))
        } else {
            try guest.transmit.publish(0xffff)
        }
        guest.muxer.process()
        #expect(guest.host.errors.count == 1)
        #expect(guest.muxer.streamCount(except: 0) == 0)
        #expect(guest.host.closed == [9])
        guest.muxer.process()
        #expect(guest.host.errors.count == 1)
    }

    @Test func aDriverWithoutQueuesIsNotActivated() throws {
        guest.muxer.reset()
        guest.muxer.activate(
            Activation(
                features: Feature.common, queues: [], interrupt: DeviceInterrupt(raise: {})),
            memory: guest.ram.memory)
        guest.muxer.process()
        #expect(guest.host.errors.isEmpty)
    }
}
