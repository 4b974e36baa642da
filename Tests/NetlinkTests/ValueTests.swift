import Linux
import Netlink
import Testing

/// What messages of rtnetlink(7) say, and requests that set the same.
@Suite struct ValueTests {
    @Test func aLinkIsRead() throws {
        let link = try #require(try Link(message(16, Sample.link)))
        #expect(link.index == 2)
        #expect(link.name == "eth0")
        #expect(link.kind == "veth")
        #expect(link.hardwareType == 1)
        #expect(link.address == [0x02, 0x42, 0xac, 0x11, 0, 2])
        #expect(link.mtu == 1500)
        #expect(link.master == 5)
        #expect(link.flags.isSuperset(of: [.up, .running, .lowerUp]))
        #expect(!link.flags.contains(.loopback))
        let statistics = try #require(link.statistics)
        #expect(Self.counts(statistics.received) == [1, 3, 5, 7])
        #expect(Self.counts(statistics.sent) == [2, 4, 6, 8])
    }

    private static func counts(_ direction: LinkStatistics.Direction) -> [UInt64] {
        [direction.packets, direction.bytes, direction.errors, direction.drops]
    }

    @Test func whatBridgesSayOfTheirPortsIsNoLink() throws {
        #expect(try Link(message(16, [7] + Sample.link.dropFirst())) == nil)
    }

    @Test func anAddressIsRead() throws {
        let address = try #require(try LinkAddress(message(20, Sample.address)))
        #expect(address.link == 2)
        #expect(address.prefix.description == "10.88.0.5/16")
        #expect(address.peer == nil)
        #expect(address.broadcast == (try ip(10, 88, 255, 255)))
        #expect(address.scope == .universe)
        #expect(address.flags == .permanent)
    }

    @Test func thePeerOfAnAddressIsNotItself() throws {
        let bytes = hex("02 20 80 00 02000000  0800 0100 0a000002  0800 0200 0a000001")
        let address = try #require(try LinkAddress(message(20, bytes)))
        #expect(address.prefix.description == "10.0.0.1/32")
        #expect(address.peer == (try ip(10, 0, 0, 2)))
    }

    @Test func anAddressOfIPv6HasNoLocalOne() throws {
        let bytes = hex(
            """
            0a 40 80 fd 02000000  1400 0100 fe80000000000000 0242acfffe110002
            0800 0800 82020000
            """)
        let address = try #require(try LinkAddress(message(20, bytes)))
        #expect(address.prefix.description == "fe80::242:acff:fe11:2/64")
        #expect(address.scope == .link)
        #expect(address.flags == [.permanent, .noDuplicateDetection, .noPrefixRoute])
    }

    @Test func aRouteIsRead() throws {
        let route = try #require(try Route(message(24, Sample.route)))
        var expected = Route(to: try prefix(0, [0, 0, 0, 0]))
        expected.gateway = try ip(10, 88, 0, 1)
        expected.link = 2
        expected.preferredSource = try ip(10, 88, 0, 5)
        expected.metric = 100
        expected.mtu = 1400
        expected.origin = .administrator
        expected.onLink = true
        #expect(route == expected)
        #expect(!route.hasSeveralHops)
    }

    @Test func theGatewayOfARouteMayBeOfTheOtherFamily() throws {
        let bytes = hex(
            """
            02 00 00 00 fe 04 00 01 00000000
            1600 1200 0a00 fe800000000000000000000000000001 0000  0800 0400 02000000
            """)
        let route = try #require(try Route(message(24, bytes)))
        #expect(route.gateway?.description == "fe80::1")
        // RTA_VIA again.
        #expect(route.addition.payload.dropFirst(12).prefix(24) == bytes[12..<36])
    }

    @Test func exceptionsAndOtherFamiliesAreNoRoutes() throws {
        var cloned = Sample.route
        cloned[9] = 2
        #expect(try Route(message(24, cloned)) == nil)
        #expect(try Route(message(24, [28] + Sample.route.dropFirst())) == nil)
    }

    @Test func aNeighbourIsRead() throws {
        let neighbour = try Neighbour(message(28, Sample.neighbour))
        #expect(
            neighbour
                == Neighbour(
                    link: 2, address: try ip(169, 254, 1, 1),
                    linkAddress: [UInt8](repeating: 0xee, count: 6)))
    }

    @Test(arguments: [(UInt16(20), UInt8(33)), (24, 33), (24, 1)])
    func aPrefixLongerThanItsAddressIsAnError(type: UInt16, length: UInt8) throws {
        var bytes = type == 20 ? Sample.address : Sample.route
        bytes[1] = length
        let good = length <= 32
        #expect((try? NetworkEvent(message(type, bytes))) != nil || !good)
        if !good {
            #expect(throws: NetlinkError.self) { try NetworkEvent(message(type, bytes)) }
        }
    }

    @Test func aMessageTellsWhetherSomethingIsThere() throws {
        for (type, bytes) in Sample.all {
            let made = try #require(try NetworkEvent(message(type, bytes)))
            let removed = try #require(try NetworkEvent(message(type + 1, bytes)))
            #expect(made != removed)
        }
        #expect(try NetworkEvent(message(3, [0, 0, 0, 0])) == nil)
    }

    /// The kernel of a guest, and what pretends to be one, may say anything.
    @Test func nothingThatComesIsTrusted() {
        var errors = 0
        for (type, sample) in Sample.all {
            for index in sample.indices {
                for value in [UInt8(0), 1, 3, 0x7f, 0xff] {
                    var bytes = sample
                    bytes[index] = value
                    do { _ = try NetworkEvent(message(type, bytes)) } catch { errors += 1 }
                }
                let cut = Array(sample.prefix(index))
                do { _ = try NetworkEvent(message(type, cut)) } catch { errors += 1 }
            }
        }
        #expect(errors > 100)
    }

    @Test(arguments: [
        ("00000000000000000000000000000000", "::"), ("00000000000000000000000000000001", "::1"),
        ("20010db8000000000001000000000001", "2001:db8::1:0:0:1"),
        ("20010db8000000010002000300040005", "2001:db8:0:1:2:3:4:5"),
        ("fe800000000000000000000000000000", "fe80::"), ("0a000001", "10.0.0.1"),
    ])
    func addressesAreWrittenAsUsual(bytes: String, text: String) {
        #expect(IPAddress(hex(bytes))?.description == text)
        #expect(IPAddress(hex(bytes) + [0]) == nil)
    }
}
