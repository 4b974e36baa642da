import Devices
import Testing

/// The protocol of one stream: virtio 1.2, 5.10.6.3 to 5.10.6.5.
@Suite struct VsockConnectionTests {
    private let socket = GuestSocket(port: 1025, hostPort: 80, bufferSize: 1000)

    private func connection() -> VsockConnection {
        VsockConnection(request: socket.header(.request))
    }

    private func header(
        _ operation: VsockHeader.Operation, length: Int = 0, flags: VsockHeader.Shutdown = [],
        buffer: UInt32 = 1000, forwarded: UInt32 = 0
    ) -> VsockHeader {
        var header = socket.header(operation, length: length, flags: flags)
        header.bufferSize = buffer
        header.forwardedCount = forwarded
        return header
    }

    @Test func aRequestNamesPortsAndCredit() {
        let connection = connection()
        #expect(connection.hostPort == 80)
        #expect(connection.guestPort == 1025)
        #expect(connection.credit == 1000)
        #expect(connection.mayStillSend)
        #expect(!connection.isFinished)
    }

    @Test func aPacketToTheGuestNamesPortsAndRoom() {
        var connection = connection()
        let header = connection.header(.response)
        #expect((header.sourcePort, header.destinationPort) == (80, 1025))
        #expect(header.type == VsockHeader.streamType)
        #expect(header.bufferSize == VsockConnection.bufferSize)
        #expect(header.forwardedCount == 0)
        #expect(header.length == 0)
    }

    @Test(arguments: [
        // Buffer, sent, forwarded, credit.
        (UInt32(1000), 0, UInt32(0), 1000), (1000, 400, 0, 600), (1000, 1000, 0, 0),
        (1000, 1000, 400, 400), (1000, 1000, 1000, 1000), (0, 0, 0, 0),
        // The guest takes back room that was used, or forwards what it did not get.
        (300, 400, 0, 0), (1000, 400, 500, 0), (1000, 0, .max, 999),
        (.max, 0, 0, Int(UInt32.max)),
    ])
    func creditIsWhatTheGuestHasRoomFor_5_10_6_3(
        buffer: UInt32, sent: Int, forwarded: UInt32, credit: Int
    ) {
        var connection = connection()
        _ = connection.header(.readWrite, sending: sent)
        _ = connection.handle(header(.creditUpdate, buffer: buffer, forwarded: forwarded))
        #expect(connection.credit == credit)
    }

    @Test func creditIsRightWhenTheCountersWrap() {
        var connection = connection()
        _ = connection.header(.readWrite, sending: 0xffff_ff00)
        _ = connection.handle(header(.creditUpdate, forwarded: 0xffff_ff00))
        _ = connection.header(.readWrite, sending: 0x200)
        #expect(connection.credit == 1000 - 0x200)
        _ = connection.handle(header(.creditUpdate, forwarded: 0x80))
        #expect(connection.credit == 1000 - 0x80)
    }

    @Test(arguments: [
        (VsockHeader.Operation.creditUpdate, VsockConnection.Event.none),
        (.creditRequest, .creditRequested), (.request, .gone), (.response, .gone), (.reset, .gone),
        (.readWrite, .data),
    ])
    func anOperationIsAnEvent(
        operation: VsockHeader.Operation, event: VsockConnection.Event
    ) {
        var connection = connection()
        #expect(connection.handle(header(operation)) == event)
    }

    @Test(arguments: [UInt16(0), 8, 0xffff])
    func anUnknownOperationEndsTheStream_5_10_6(operation: UInt16) {
        var connection = connection()
        var packet = header(.readWrite)
        packet.operation = operation
        #expect(connection.handle(packet) == .gone)
    }

    @Test func asMuchAsFitsIsTaken_5_10_6_3() {
        var connection = connection()
        let size = Int(VsockConnection.bufferSize)
        #expect(connection.handle(header(.readWrite, length: size)) == .data)
        connection.receive([UInt8](repeating: 1, count: size))
        #expect(connection.backlog.count == size)
        #expect(connection.handle(header(.readWrite, length: 1)) == .gone)
    }

    @Test func moreThanFitsEndsTheStream_5_10_6_3() {
        var connection = connection()
        let size = Int(VsockConnection.bufferSize)
        #expect(connection.handle(header(.readWrite, length: size + 1)) == .gone)
    }

    @Test func whatWasForwardedMakesRoomAgain() {
        var connection = connection()
        let size = Int(VsockConnection.bufferSize)
        connection.receive([UInt8](repeating: 1, count: size))
        connection.forward(100)
        #expect(connection.handle(header(.readWrite, length: 100)) == .data)
        #expect(connection.handle(header(.readWrite, length: 101)) == .gone)
        #expect(connection.header(.creditUpdate).forwardedCount == 100)
    }

    @Test func roomIsAnnouncedOnceForEachQuarter() {
        var connection = connection()
        let quarter = Int(VsockConnection.bufferSize) / 4
        connection.receive([UInt8](repeating: 1, count: 3 * quarter))
        connection.forward(quarter - 1)
        #expect(!connection.shouldAnnounceCredit)
        connection.forward(1)
        #expect(connection.shouldAnnounceCredit)
        _ = connection.header(.readWrite)
        #expect(!connection.shouldAnnounceCredit)
    }

    @Test(arguments: [
        (VsockHeader.Shutdown.receive, false, VsockConnection.Event.data), (.send, true, .gone),
        (.both, false, .gone), (.init(rawValue: 0), true, .data),
    ])
    func shutdownEndsItsDirections_5_10_6_5(
        flags: VsockHeader.Shutdown, mayStillSend: Bool, data: VsockConnection.Event
    ) {
        var connection = connection()
        #expect(connection.handle(header(.shutdown, flags: flags)) == .closed(flags))
        #expect(connection.mayStillSend == mayStillSend)
        #expect(connection.handle(header(.readWrite, length: 1)) == data)
    }

    @Test func shutdownsAddUp() {
        var connection = connection()
        _ = connection.handle(header(.shutdown, flags: .send))
        #expect(!connection.isFinished)
        #expect(connection.handle(header(.shutdown, flags: .receive)) == .closed(.both))
        #expect(connection.isFinished)
    }

    @Test func unknownFlagsOfShutdownAreIgnored() {
        var connection = connection()
        let packet = header(.shutdown, flags: .init(rawValue: 0xffff_fffc))
        #expect(connection.handle(packet) == .closed([]))
    }

    @Test func aStreamIsFinishedWhenItsBacklogIsHandedOver() {
        var connection = connection()
        connection.receive([1, 2])
        _ = connection.handle(header(.shutdown, flags: .both))
        #expect(!connection.isFinished)
        connection.forward(2)
        #expect(connection.isFinished)
    }

    @Test func aHostThatTakesNothingDropsWhatComes() {
        var connection = connection()
        connection.receive([1, 2, 3])
        connection.stopReceiving()
        #expect(connection.backlog.isEmpty)
        connection.receive([4])
        #expect(connection.backlog.isEmpty)
        #expect(connection.header(.creditUpdate).forwardedCount == 4)
        #expect(connection.hostDone == .receive)
    }
}
