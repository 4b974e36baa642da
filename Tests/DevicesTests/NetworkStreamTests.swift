import GuestMemory
import Linux
import Testing
import VirtioTestDriver

@testable import Devices

/// A network card whose other end is a stream socket: frames with their lengths in front of them.
@Suite(.timeLimit(.minutes(2)))
struct NetworkStreamTests {
    /// Four bytes of length, big-endian.
    private func framed(_ frame: [UInt8]) -> [UInt8] {
        [0, 0, UInt8(frame.count >> 8), UInt8(frame.count & 0xff)] + frame
    }

    private func packet(flags: UInt8 = 0, segments: UInt8 = 0, count: Int = 60) -> [UInt8] {
        [flags, segments] + [UInt8](repeating: 0, count: 10) + (0..<count).map { UInt8($0) }
    }

    private func vector(_ bytes: [UInt8], _ body: (IOVector) throws -> Void) throws {
        let guest = try NetworkGuest(attached: false)
        try body(try guest.ram.memory.vector([guest.ram.buffer(bytes)]))
    }

    @Test func framesComeWholeHoweverTheBytesCome() throws {
        let first = (0..<14).map { UInt8($0) }
        let second = [UInt8](repeating: 7, count: 1000)
        let bytes = framed(first) + framed(second)
        for size in [1, 3, 17, 18, 19, bytes.count] {
            var stream = PacketStream()
            var frames: [[UInt8]] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                stream.received(Array(bytes[start..<min(start + size, bytes.count)]))
                while stream.holdsFrame {
                    frames.append(try #require(try stream.nextFrame()))
                }
                #expect(try stream.nextFrame() == nil)
            }
            #expect(frames == [first, second])
        }
    }

    @Test(
        arguments: [
            [0, 0, 0, 0], [0, 0, 0, 13], [0, 1, 0, 18], [0xff, 0xff, 0xff, 0xff],
        ] as [[UInt8]])
    func lengthsThatNoFrameHasAreTheEnd(length: [UInt8]) {
        var stream = PacketStream()
        stream.received(length)
        #expect(stream.holdsFrame)
        #expect(throws: Errno.io) { try stream.nextFrame() }
    }

    @Test func theHeaderOfVirtioDoesNotGoOut() throws {
        var stream = PacketStream()
        try vector(packet()) { try stream.send($0) }
        #expect(Array(stream.unsent) == framed((0..<60).map { UInt8($0) }))
        stream.sent(10)
        #expect(stream.unsent.count == 54)
        stream.sent(54)
        #expect(stream.unsent.isEmpty)
    }

    @Test func packetsThatLeaveWorkAreRefused() throws {
        var stream = PacketStream()
        for bytes in [packet(flags: 1), packet(segments: 1), packet(count: 13)] {
            try vector(bytes) { vector in
                #expect(throws: Errno.invalidArgument) { try stream.send(vector) }
            }
        }
        #expect(stream.unsent.isEmpty)
    }

    @Test func packetsGoBothWays() throws {
        let guest = try NetworkGuest(attached: false)
        let pair = try UnixSocket.pair()
        let wire = try pair.second.duplicate()
        try guest.device.attach(stream: try pair.first.duplicate())
        try guest.post(200, size: 1536)
        // More than a turn's, so that some wait in the device while the socket is empty.
        let frame = [UInt8](repeating: 9, count: 100)
        try wire.writeAll((0..<150).flatMap { _ in framed(frame) })
        for _ in 0..<150 {
            let packet = try #require(try guest.received())
            #expect(packet.bytes == [UInt8](repeating: 0, count: 10) + [1, 0] + frame)
        }
        try guest.send(packet(count: 70))
        try guest.send(packet(flags: 1))
        try guest.send(packet(count: 71))
        for count in [70, 71] {
            #expect(
                try wire.read(upTo: 4 + count) == framed((0..<count).map { UInt8($0) }))
        }
        for _ in 0..<3 { #expect(try guest.returned() == 0) }
        #expect(guest.device.counters.fromGuest.drops == 1)
    }

    /// A socket that is full takes a packet in part: the rest follows when there is room, with nothing else to send.
    @Test func nothingIsLostWhereTheOtherEndIsSlow() throws {
        let guest = try NetworkGuest(attached: false)
        let pair = try UnixSocket.pair()
        let wire = try pair.second.duplicate()
        try guest.device.attach(stream: try pair.first.duplicate())
        let count = 60_000
        for _ in 0..<20 {
            try guest.send([UInt8](repeating: 0, count: 12) + [UInt8](repeating: 5, count: count))
        }
        _ = try guest.waiting { guest.device.counters.fromGuest.packets > 1 ? true : nil }
        var left = 20 * (4 + count)
        while left > 0 {
            let bytes = try wire.read(upTo: left)
            try #require(!bytes.isEmpty)
            left -= bytes.count
        }
        for _ in 0..<20 { #expect(try guest.returned() == 0) }
        #expect(guest.device.counters.fromGuest.packets == 20)
    }

    @Test func limitsHoldInBothDirections() throws {
        let guest = try NetworkGuest(attached: false)
        let pair = try UnixSocket.pair()
        let wire = try pair.second.duplicate()
        // 90 kB are saved up, of 65 kB per packet: the third has to wait, for about 60 ms.
        try guest.device.attach(
            stream: try pair.first.duplicate(),
            limits: RateLimits(toGuest: 900_000, fromGuest: 900_000))
        try guest.post(200, size: 1536)
        let frame = [UInt8](repeating: 5, count: 60_000)
        let start = ContinuousClock().now
        for _ in 0..<3 {
            try guest.send([UInt8](repeating: 0, count: 12) + frame)
            try wire.writeAll([0, 0, 0xea, 0x60] + frame)
            var left = 60_004
            while left > 0 { left -= try wire.read(upTo: left).count }
        }
        for _ in 0..<3 { #expect(try guest.received()?.bytes.count == 60_012) }
        #expect(ContinuousClock().now - start > .milliseconds(30))
        #expect(guest.device.counters.toGuest.packets == 3)
    }

    @Test func theEndOfTheOtherIsToldOnce() throws {
        let guest = try NetworkGuest(attached: false)
        do {
            let pair = try UnixSocket.pair()
            try guest.device.attach(stream: try pair.first.duplicate())
            try guest.post(10, size: 1536)
        }
        #expect(try guest.waiting { guest.reports.value > 0 ? true : nil } == true)
    }
}
