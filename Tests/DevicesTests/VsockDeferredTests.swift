import Devices
import Linux
import Testing
import Virtio
import VirtioTestDriver

/// Connections whose answer is left to another muxer: what a machine that becomes a template waits for.
@Suite struct VsockDeferredTests {
    private let guest: VsockGuest

    init() throws {
        guest = try VsockGuest()
        guest.host.deferring = [80]
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

    @Test func aDeferredRequestIsKeptAndNotAnswered() throws {
        let request = GuestSocket(hostPort: 80).header(.request)
        try guest.send(request)

        #expect(try guest.packets() == [])
        #expect(guest.muxer.deferred == [request])
        #expect(guest.muxer.streamCount(except: 0) == 0)
        #expect(guest.host.closed == [])
    }

    @Test func otherPortsAreAnsweredAsEver() throws {
        let end = listen(81)
        try guest.send(GuestSocket(hostPort: 80).header(.request))
        try guest.send(GuestSocket(port: 1026, hostPort: 81).header(.request))
        try guest.send(GuestSocket(port: 1027, hostPort: 82).header(.request))

        #expect(try guest.packets().map(\.operation) == [.response, .reset])
        #expect(end() != nil)
        #expect(guest.muxer.deferred.count == 1)
    }

    @Test func anotherMuxerAnswersIt_5_10_6_4() throws {
        let end = listen(80)
        var socket = GuestSocket(hostPort: 80)
        try guest.send(socket.header(.request))
        _ = try guest.packets()
        guest.moveToAnotherMuxer()
        let packet = try #require(try guest.next())
        socket.learn(packet)
        let (header, payload) = socket.data([1, 2, 3])
        try guest.send(header, payload)
        try guest.settle()
        let host = try #require(end())
        _ = try host.write([4, 5])

        #expect(packet.operation == .response)
        #expect((packet.header.sourcePort, packet.header.destinationPort) == (80, 1025))
        #expect((packet.header.sourceCID, packet.header.destinationCID) == (2, 3))
        #expect(try host.read() == [1, 2, 3])
        #expect(try guest.next()?.payload == [4, 5])
        #expect(guest.muxer.deferred == [])
        #expect(guest.host.errors == [])
    }

    @Test func aPortThatNobodyListensToThereIsReset() throws {
        try guest.send(GuestSocket(hostPort: 80).header(.request))
        _ = try guest.packets()
        guest.moveToAnotherMuxer()

        #expect(try guest.packets().map(\.operation) == [.reset])
        #expect(guest.muxer.deferred == [])
    }

    @Test func severalAreAnsweredInTheirOrder() throws {
        _ = listen(80)
        for port in UInt32(0)..<5 {
            try guest.send(GuestSocket(port: 2000 + port, hostPort: 80).header(.request))
        }
        _ = try guest.packets()
        guest.moveToAnotherMuxer()
        let answers = try guest.packets().filter { $0.operation == .response }

        #expect(answers.map(\.header.destinationPort) == [2000, 2001, 2002, 2003, 2004])
    }

    @Test func aGuestThatGivesUpIsForgotten() throws {
        let end = listen(80)
        let (first, second) = (
            GuestSocket(port: 1025, hostPort: 80), GuestSocket(port: 1026, hostPort: 80)
        )
        try guest.send(first.header(.request))
        try guest.send(second.header(.request))
        try guest.send(first.header(.reset))
        let answers = try guest.packets()
        let deferred = guest.muxer.deferred
        guest.moveToAnotherMuxer()

        #expect(answers == [])
        #expect(deferred == [second.header(.request)])
        #expect(try guest.packets().map(\.header.destinationPort) == [1026])
        #expect(end() != nil)
    }

    @Test func aResetOfAnotherConnectionForgetsNothing() throws {
        try guest.send(GuestSocket(port: 1025, hostPort: 80).header(.request))
        try guest.send(GuestSocket(port: 1026, hostPort: 80).header(.reset))
        try guest.send(GuestSocket(port: 1025, hostPort: 81).header(.reset))

        #expect(try guest.packets() == [])
        #expect(guest.muxer.deferred.count == 1)
    }

    @Test func noMoreThan1024AreDeferred() throws {
        for port in UInt32(0)..<1100 {
            try guest.send(GuestSocket(port: 2000 + port, hostPort: 80).header(.request))
            if port % 100 == 0 { try guest.settle() }
        }
        let packets = try guest.packets()

        #expect(guest.muxer.deferred.count == 1024)
        #expect(packets.map(\.operation) == [VsockHeader.Operation?](repeating: .reset, count: 76))
        #expect(packets.first?.header.destinationPort == 3024)
    }

    @Test func aDeviceThatIsResetForgetsAll() throws {
        try guest.send(GuestSocket(hostPort: 80).header(.request))
        guest.muxer.reset()

        #expect(guest.muxer.deferred == [])
        #expect(guest.muxer.progress() == [])
    }

    @Test func progressHasAllThreeQueues() throws {
        _ = listen(81)
        try guest.send(GuestSocket(hostPort: 81).header(.request))
        _ = try guest.packets()
        let progress = guest.muxer.progress()

        #expect(progress.count == 3)
        #expect(progress[0].nextUsed == 1)
        #expect(progress[1].nextAvailable == 1)
        #expect(progress[2] == QueueProgress())
    }
}
