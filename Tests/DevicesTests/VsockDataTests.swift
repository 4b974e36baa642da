import Devices
import Glibc
import GuestMemory
import Linux
import Testing
import VirtioTestDriver

/// Bytes in both directions, and the end of each.
@Suite(.timeLimit(.minutes(2)))
struct VsockDataTests {
    enum Kind: CaseIterable, Sendable {
        case socket
        case pipes
    }

    private let guest: VsockGuest

    init() throws {
        guest = try VsockGuest()
    }

    /// A stream that is open.
    private func open(
        _ kind: Kind, bufferSize: UInt32 = 64 << 10
    ) throws -> (GuestSocket, HostEnd) {
        let (stream, end) =
            try kind == .socket ? HostEnd.socket(guest.loop) : HostEnd.pipes(guest.loop)
        guest.host.listeners[80] = { stream }
        var socket = GuestSocket(hostPort: 80, bufferSize: bufferSize)
        try guest.send(socket.header(.request))
        let packet = try #require(try guest.next())
        #expect(packet.operation == .response)
        socket.learn(packet)
        guest.host.listeners[80] = nil
        return (socket, end)
    }

    private static func bytes(_ count: Int, seed: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 2_654_435_761 >> 13) }
    }

    /// Reads what the guest has sent until this many bytes are there.
    private func read(_ count: Int, from end: HostEnd) throws -> [UInt8] {
        var bytes: [UInt8] = []
        _ = try guest.wait {
            bytes += try end.read() ?? []
            return bytes.count >= count
        }
        return bytes
    }

    @Test(arguments: Kind.allCases)
    func aMebibyteAndAHalfGoesToTheHost(kind: Kind) throws {
        var (socket, end) = try open(kind)
        let bytes = Self.bytes(3 << 19, seed: 1)
        var sent = 0
        var received: [UInt8] = []
        let done = try guest.wait {
            for packet in try guest.packets() { socket.learn(packet) }
            while sent < bytes.count, socket.credit > 0 {
                let count = min(socket.credit, 40_000, bytes.count - sent)
                let (header, payload) = socket.data(Array(bytes[sent..<sent + count]))
                try guest.send(header, payload)
                sent += count
            }
            received += try end.read() ?? []
            return received.count == bytes.count
        }
        #expect(done)
        #expect(received == bytes)
    }

    @Test(arguments: Kind.allCases, [UInt32(1), 50, 3000, 1 << 20])
    func bytesGoToTheGuestAsItHasRoom_5_10_6_3(kind: Kind, room: UInt32) throws {
        var (socket, end) = try open(kind, bufferSize: room)
        let bytes = Self.bytes(room < 1000 ? 200 * Int(room) : 1_100_000, seed: 2)
        var written = 0
        var received: [UInt8] = []
        var exceeded = false
        let done = try guest.wait {
            if written < bytes.count { written += try end.write(bytes[written...]) ?? 0 }
            let packets = try guest.packets()
            for packet in packets { received += packet.payload }
            let underWay = UInt32(received.count) - socket.forwarded
            exceeded = exceeded || underWay > room
            // It takes half of what it has, at least a byte.
            if underWay > 0 {
                socket.forwarded += (underWay + 1) / 2
                try guest.send(socket.header(.creditUpdate))
            }
            return received.count == bytes.count
        }
        #expect(done)
        #expect(!exceeded)
        #expect(received == bytes)
    }

    @Test func aPacketHasNoMoreThanTheDriversBuffer() throws {
        let (_, end) = try open(.socket)
        _ = try end.write([UInt8](repeating: 1, count: 20_000)[...])
        var received = 0
        let done = try guest.wait {
            for packet in try guest.packets() {
                #expect(packet.payload.count <= 4096)
                #expect(packet.header.length == packet.payload.count)
                received += packet.payload.count
            }
            return received == 20_000
        }
        #expect(done)
    }

    @Test func aGuestWithMuchRoomGetsNoMoreThan64KiBAtOnce() throws {
        let guest = try VsockGuest(buffers: 1, repost: false)
        let loop = guest.loop
        let input = try OwnedFD.open("/dev/zero", O_RDONLY)
        let stream = HostStream(loop: loop, input: input, output: nil)
        guest.host.listeners[80] = { stream }
        let large = guest.ram.buffer(4 << 20)
        try guest.send(GuestSocket(hostPort: 80, bufferSize: .max).header(.request))
        _ = try guest.packets()
        try guest.post(large)
        let packet = try #require(try guest.packets().first)
        #expect(packet.payload.count == 65536)
    }

    @Test func theGuestMayStopReceivingWhileItSends_5_10_6_5() throws {
        var (socket, end) = try open(.pipes)
        try guest.send(socket.header(.shutdown, flags: .receive))
        try guest.settle()
        #expect(try end.write([1]) == nil)
        let (header, payload) = socket.data([1, 2, 3])
        try guest.send(header, payload)
        #expect(try read(3, from: end) == [1, 2, 3])
        #expect(try guest.packets().isEmpty)
    }

    @Test(arguments: Kind.allCases)
    func theGuestMayStopSendingWhileItReceives_5_10_6_5(kind: Kind) throws {
        var (socket, end) = try open(kind)
        let (header, payload) = socket.data([1, 2, 3])
        try guest.send(header, payload)
        try guest.send(socket.header(.shutdown, flags: .send))
        #expect(try read(3, from: end) == [1, 2, 3])
        #expect(try end.read() == nil)
        #expect(try end.write([4, 5]) == 2)
        #expect(try guest.next()?.payload == [4, 5])
    }

    @Test(arguments: Kind.allCases)
    func theHostMayStopSendingWhileItReceives_5_10_6_5(kind: Kind) throws {
        var (socket, end) = try open(kind)
        _ = try end.write([1, 2, 3])
        end.finishWriting()
        #expect(try guest.next()?.payload == [1, 2, 3])
        let packet = try #require(try guest.next())
        #expect(packet.operation == .shutdown)
        #expect(packet.header.flags == VsockHeader.Shutdown.send.rawValue)
        let (header, payload) = socket.data([4, 5])
        try guest.send(header, payload)
        #expect(try read(2, from: end) == [4, 5])
    }

    @Test func aHostThatDoesNotReadAnyMoreIsToldToTheGuest_5_10_6_5() throws {
        var (socket, end) = try open(.pipes)
        end.stopReading()
        let (header, payload) = socket.data([1])
        try guest.send(header, payload)
        let packet = try #require(try guest.next())
        #expect(packet.operation == .shutdown)
        #expect(packet.header.flags == VsockHeader.Shutdown.receive.rawValue)
        // The other direction goes on.
        #expect(try end.write([7]) == 1)
        #expect(try guest.next()?.payload == [7])
    }

    @Test func aHostThatStopsReadingWithABacklogIsToldOnce() throws {
        var (socket, end) = try open(.pipes)
        while socket.credit > 0 {
            let (header, payload) = socket.data(
                [UInt8](repeating: 1, count: min(socket.credit, 32768)))
            try guest.send(header, payload)
        }
        try guest.settle()
        end.stopReading()
        var shutdowns: [VsockPacket] = []
        let told = try guest.wait {
            shutdowns += try guest.packets().filter { $0.operation == .shutdown }
            return !shutdowns.isEmpty
        }
        #expect(told)
        #expect(shutdowns.map(\.header.forwardedCount) == [256 << 10])
        #expect(try guest.packets().filter { $0.operation == .shutdown }.isEmpty)
    }

    @Test(arguments: Kind.allCases)
    func aGuestThatClosesGetsAResetWhenAllIsHandedOver_5_10_6_5(kind: Kind) throws {
        var (socket, end) = try open(kind)
        let bytes = Self.bytes(Int(VsockConnection.bufferSize), seed: 3)
        for start in stride(from: 0, to: bytes.count, by: 32768) {
            let (header, payload) = socket.data(Array(bytes[start..<start + 32768]))
            try guest.send(header, payload)
        }
        try guest.send(socket.header(.shutdown, flags: .both))
        #expect(try guest.packets().filter { $0.operation == .reset }.isEmpty)
        #expect(try read(bytes.count, from: end) == bytes)
        let closed = try guest.wait { guest.host.closed == [80] }
        #expect(closed)
        #expect(try guest.packets().last?.operation == .reset)
        #expect(try end.read() == nil)
    }

    @Test func aGuestThatClosesWithNothingUnderWayGetsAReset() throws {
        let (socket, end) = try open(.socket)
        try guest.send(socket.header(.shutdown, flags: .both))
        #expect(try guest.packets().map(\.operation) == [.reset])
        #expect(try end.read() == nil)
        #expect(guest.host.closed == [80])
    }

    @Test func aBacklogIsHandedOverInOrder() throws {
        var (socket, end) = try open(.pipes)
        var bytes: [UInt8] = []
        var seed = 0
        // Pieces of odd sizes, far more than the pipe takes.
        while socket.credit > 5000 {
            let piece = Self.bytes(1 + seed % 4999, seed: seed)
            let (header, payload) = socket.data(piece)
            try guest.send(header, payload)
            bytes += piece
            seed += 997
        }
        #expect(try read(bytes.count, from: end) == bytes)
    }

    @Test func aGuestThatSendsBeyondItsCreditIsReset_5_10_6_3() throws {
        var (socket, end) = try open(.pipes)
        var operations: [VsockHeader.Operation?] = []
        for _ in 0..<20 where !operations.contains(.reset) {
            let (header, payload) = socket.data([UInt8](repeating: 1, count: 65536))
            try guest.send(header, payload)
            operations += try guest.packets().map(\.operation)
        }
        #expect(operations.last == .reset)
        #expect(guest.host.closed == [80])
        #expect(guest.muxer.streamCount(except: 0) == 0)
        withExtendedLifetime(end) {}
    }

    @Test func aStreamDoesNotHoldUpAnother() throws {
        var (stuck, stuckEnd) = try open(.pipes)
        while stuck.credit > 0 {
            let (header, payload) = stuck.data(
                [UInt8](repeating: 1, count: min(stuck.credit, 65536)))
            try guest.send(header, payload)
        }
        let (stream, end) = try HostEnd.socket(guest.loop)
        guest.host.listeners[81] = { stream }
        var socket = GuestSocket(port: 7, hostPort: 81)
        try guest.send(socket.header(.request))
        let (header, payload) = socket.data([1, 2, 3])
        try guest.send(header, payload)
        #expect(try read(3, from: end) == [1, 2, 3])
        withExtendedLifetime(stuckEnd) {}
    }
}
