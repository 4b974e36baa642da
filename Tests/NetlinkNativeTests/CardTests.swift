import Devices
import Linux
import Netlink
import NetworkTestSpace
import Testing

/// Network cards of two guests on taps that are joined with the ends of a veth pair.
@Suite(
    .enabled(if: TestNamespace.isAvailable, "\(TestNamespace.unavailable)"),
    .enabled(if: TestNamespace.hasTaps, "there is no /dev/net/tun"), .timeLimit(.minutes(2)))
struct CardTests {
    /// VIRTIO_NET_F_GUEST_TSO4 and GUEST_TSO6.
    private static let guestSegmentation: UInt64 = 1 << 7 | 1 << 8

    /// What `body` answers with both cards in a network namespace.
    private static func withCards<Value: Sendable>(
        secondWithout absent: UInt64 = 0,
        _ body: @escaping @Sendable (Card, Card) throws -> Value
    ) throws -> Value {
        try TestNamespace.run {
            var socket = try RouteSocket()
            _ = try socket.makeVeth()
            let first = try Card(taps: try TapDevice("tap0").takeDescriptors())
            let second = try Card(
                taps: try TapDevice("tap1").takeDescriptors(), without: absent)
            try socket.setUp("veth0", "veth1", "tap0", "tap1")
            for (link, tap) in [("veth0", "tap0"), ("veth1", "tap1")] {
                try socket.join(
                    try socket.link(named: link).index, try socket.link(named: tap).index)
            }
            return try body(first, second)
        }
    }

    @Test func aSegmentThatIsLongerThanTheMTUStaysWhole() throws {
        let sent = Segment.packet(60_000, size: 1448)
        let received = try #require(
            try Self.withCards { first, second in
                try first.send(sent)
                return try second.received(protocol: Segment.ipv4)
            })
        #expect(received.dropFirst(12) == sent.dropFirst(12))
        // VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4, gso_size.
        #expect(received[0] & 1 == 1)
        #expect(received[1] == 1)
        #expect(received[4...5] == [0xa8, 0x05])
        // num_buffers.
        #expect(Int(received[10]) == (sent.count + 1535) / 1536)
    }

    @Test func aDriverThatTakesNoSegmentsGetsFrames() throws {
        let sent = Segment.packet(14_480, size: 1448)
        let packets = try Self.withCards(secondWithout: Self.guestSegmentation) { first, second in
            try first.send(sent)
            return try (0..<10).map { _ in
                try second.received(protocol: Segment.ipv4) ?? []
            }
        }
        #expect(packets.map(\.count) == [Int](repeating: 12 + 54 + 1448, count: 10))
        #expect(packets.flatMap { $0.dropFirst(66) }[...] == sent.dropFirst(66))
        #expect(packets.allSatisfy { $0.count > 1 && $0[1] == 0 })
    }

    @Test(arguments: [
        // Types of segmentation that are none, a checksum beyond the end, a header longer than the packet.
        [0, 99, 54, 0, 1, 0, 34, 0, 16, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0],
        [1, 1, 0xff, 0xff, 0, 0, 34, 0, 16, 0, 0, 0], [UInt8](repeating: 0xff, count: 12),
    ])
    func aHeaderThatMeansNothingIsDropped(header: [UInt8]) throws {
        let (received, drops) = try Self.withCards { first, second in
            try first.send(header + Segment.packet(100, size: 0).dropFirst(12))
            try first.send(Segment.packet(200, size: 0))
            let received = try second.received(protocol: Segment.ipv4)
            return (received, first.device.counters.fromGuest.drops)
        }
        #expect(received?.count == 12 + 54 + 200)
        #expect(drops == 1)
    }

    /// What of it goes on is the tap's to decide; those who come after have their packets.
    @Test(
        arguments: [
            // Segments of no size, of IPv6 in IPv4, of UDP, with ECN, with the checksum done, smaller than their headers.
            [1, 1, 54, 0, 0, 0, 34, 0, 16, 0, 0, 0], [1, 4, 54, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0],
            [1, 3, 54, 0, 0xa8, 5, 34, 0, 6, 0, 0, 0],
            [1, 0x81, 54, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0],
            [0, 1, 54, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0], [1, 1, 54, 0, 1, 0, 34, 0, 16, 0, 0, 0],
            // A checksum within the Ethernet header, flags and a number of buffers that only devices set.
            [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
            [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [1, 5, 54, 0, 0xa8, 5, 34, 0, 6, 0, 0, 0],
        ] as [[UInt8]])
    func aHeaderThatLiesHarmsNobody(header: [UInt8]) throws {
        let isHealthy = try Self.withCards { first, second in
            try first.send(header + Segment.packet(3000, size: 0).dropFirst(12))
            try first.send(Segment.packet(200, size: 0))
            while let packet = try second.received(protocol: Segment.ipv4) {
                if packet.count == 12 + 54 + 200 { return true }
            }
            return false
        }
        #expect(isHealthy)
    }
}
