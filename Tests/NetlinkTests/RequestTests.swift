import Netlink
import Testing

/// Requests as rtnetlink(7) and the kernel's headers describe them.
@Suite struct RequestTests {
    @Test func listsAreAskedFor() {
        // NLM_F_REQUEST | NLM_F_DUMP.
        #expect(
            NetlinkRequest.links.bytes(sequence: 1)
                == hex(
                    """
                    20000000 1200 0103 01000000 00000000  00000000 00000000 00000000 00000000
                    """))
        #expect(
            NetlinkRequest.addresses.bytes(sequence: 2)
                == hex("18000000 1600 0103 02000000 00000000  00000000 00000000"))
        #expect(NetlinkRequest.routes.type == MessageType.getRoute)
        #expect(NetlinkRequest.routes.payload.count == 12)
        #expect(NetlinkRequest.neighbours.type == MessageType.getNeighbour)
        #expect(NetlinkRequest.neighbours.payload.count == 12)
    }

    @Test func aLinkIsChanged() {
        var change = LinkChange()
        change.name = "eth0"
        change.mtu = 1450
        change.isUp = true
        // NLM_F_REQUEST | NLM_F_ACK; IFF_UP set and to be changed.
        #expect(
            NetlinkRequest.change(link: 2, change).bytes(sequence: 1)
                == hex(
                    """
                    34000000 1300 0500 01000000 00000000  00000000 02000000 01000000 01000000
                    0900 0300 6574683000 000000  0800 0400 aa050000
                    """))
        var other = LinkChange()
        other.isUp = false
        other.address = [2, 0, 0, 0, 0, 1]
        other.namespace = 9
        #expect(
            NetlinkRequest.change(link: 2, other).payload
                == hex(
                    """
                    00000000 02000000 00000000 01000000
                    0800 1c00 09000000  0a00 0100 020000000001 0000
                    """))
        #expect(
            NetlinkRequest.change(link: 2, LinkChange()).payload
                == hex("00000000 02000000 00000000 00000000"))
    }

    @Test func aLinkIsFoundAndDeleted() {
        #expect(
            NetlinkRequest.link(name: "lo").bytes(sequence: 1)
                == hex(
                    """
                    28000000 1200 0100 01000000 00000000  00000000 00000000 00000000 00000000
                    0700 0300 6c6f00 00
                    """))
        #expect(
            NetlinkRequest.delete(link: 3).bytes(sequence: 1)
                == hex("20000000 1100 0500 01000000 00000000 00000000 03000000 00000000 00000000"))
    }

    @Test func anAddressIsAdded() throws {
        var address = LinkAddress(
            link: 2, prefix: try prefix(16, [10, 88, 0, 5]))
        address.broadcast = try ip(10, 88, 255, 255)
        // NLM_F_REQUEST | NLM_F_ACK | NLM_F_REPLACE | NLM_F_CREATE.
        #expect(
            address.addition.bytes(sequence: 1)
                == hex(
                    """
                    38000000 1400 0505 01000000 00000000  02 10 00 00 02000000
                    0800 0200 0a580005  0800 0100 0a580005  0800 0400 0a58ffff  0800 0800 00000000
                    """))
    }

    @Test func anAddressOfIPv6IsAddedWithoutASearch() throws {
        let bytes = hex("fd000000000000000000000000000005")
        var address = LinkAddress(link: 2, prefix: try prefix(64, bytes))
        address.flags = .noDuplicateDetection
        #expect(
            address.addition.payload
                == hex(
                    """
                    0a 40 02 00 02000000  1400 0200 fd000000000000000000000000000005
                    1400 0100 fd000000000000000000000000000005  0800 0800 02000000
                    """))
    }

    @Test func aRouteIsAdded() throws {
        var route = Route(to: try prefix(0, [0, 0, 0, 0]))
        route.gateway = try ip(10, 88, 0, 1)
        route.link = 2
        #expect(
            route.addition.bytes(sequence: 1)
                == hex(
                    """
                    34000000 1800 0505 01000000 00000000  02 00 00 00 fe 03 00 01 00000000
                    0800 0500 0a580001  0800 0400 02000000  0800 0f00 fe000000
                    """))
    }

    @Test func whatWasAddedIsRemoved() throws {
        var address = LinkAddress(link: 2, prefix: try prefix(16, [10, 88, 0, 5]))
        address.broadcast = try ip(10, 88, 255, 255)
        // NLM_F_REQUEST | NLM_F_ACK; neither broadcast nor flags count.
        #expect(
            address.removal.bytes(sequence: 1)
                == hex(
                    """
                    28000000 1500 0500 01000000 00000000  02 10 00 00 02000000
                    0800 0200 0a580005  0800 0100 0a580005
                    """))
        var route = Route(to: try prefix(0, [0, 0, 0, 0]))
        route.gateway = try ip(10, 88, 0, 1)
        route.link = 2
        #expect(
            route.removal.bytes(sequence: 1)
                == hex("34000000 1900 0500 01000000 00000000") + route.addition.payload)
        let neighbour = Neighbour(
            link: 2, address: try ip(169, 254, 1, 1),
            linkAddress: [UInt8](repeating: 0xee, count: 6))
        #expect(
            neighbour.removal.bytes(sequence: 1)
                == hex(
                    """
                    24000000 1d00 0500 01000000 00000000  02 000000 02000000 8000 00 00
                    0800 0100 a9fe0101
                    """))
    }

    @Test func aRouteThatWasReadIsAddedAsItWas() throws {
        let route = try #require(try Route(message(24, Sample.route)))
        let again = try #require(try Route(message(24, route.addition.payload)))
        #expect(again == route)
    }

    @Test func aTableOfALargeNumberIsAnAttribute() throws {
        var route = Route(to: try prefix(16, [10, 1, 0, 0]))
        route.table = 1000
        #expect(
            route.addition.payload
                == hex("02 10 00 00 fc 03 00 01 00000000 0800 0100 0a010000 0800 0f00 e8030000"))
    }

    @Test func aNeighbourIsAdded() throws {
        let neighbour = Neighbour(
            link: 2, address: try ip(169, 254, 1, 1),
            linkAddress: [UInt8](repeating: 0xee, count: 6))
        #expect(
            neighbour.addition.bytes(sequence: 1)
                == hex(
                    """
                    30000000 1c00 0505 01000000 00000000  02 000000 02000000 8000 00 00
                    0800 0100 a9fe0101  0a00 0200 eeeeeeeeeeee 0000
                    """))
    }

    @Test func anIngressIsAddedAndDeleted() {
        // NLM_F_REQUEST | NLM_F_ACK | NLM_F_EXCL | NLM_F_CREATE; struct tcmsg: ffff:, TC_H_INGRESS.
        let payload = hex(
            """
            00000000 05000000 0000ffff f1ffffff 00000000  0c00 0100 696e677265737300
            """)
        let addition = NetlinkRequest.addIngress(link: 5).bytes(sequence: 1)
        #expect(addition.prefix(16) == hex("30000000 2400 0506 01000000 00000000")[...])
        #expect(addition.dropFirst(16) == payload[...])
        let deletion = NetlinkRequest.deleteIngress(link: 5).bytes(sequence: 1)
        #expect(deletion.prefix(16) == hex("30000000 2500 0500 01000000 00000000")[...])
        #expect(deletion.dropFirst(16) == payload[...])
    }

    /// Kind `mirred`; TC_ACT_STOLEN, TCA_EGRESS_REDIR, link 6: 56 bytes.
    private static func actions(_ type: String) -> [UInt8] {
        hex(
            """
            3800 \(type) 3400 0180  0b00 0100 6d697272656400 00  2400 0280 2000 0200
            00000000 00000000 04000000 00000000 00000000 01000000 06000000
            """)
    }

    @Test func aRedirectionByU32ComparesNothing() {
        let request = NetlinkRequest.add(TrafficRedirect(from: 5, to: 6), .u32)
        let head = hex(
            """
            8c000000 2c00 0506 01000000 00000000
            00000000 05000000 00000000 0000ffff 00030100  0800 0100 75333200
            6000 0280 2400 0500 01000100
            """)
        let bytes = request.bytes(sequence: 1)
        #expect(bytes.prefix(head.count) == head[...])
        #expect(bytes.dropFirst(head.count).prefix(28).allSatisfy { $0 == 0 })
        #expect(bytes.dropFirst(head.count + 28) == Self.actions("0780")[...])
    }

    @Test(arguments: [
        (TrafficRedirect.Classifier.matchAll, "0d00 0100 6d61746368616c6c00 000000", "0280"),
        (.flower, "0b00 0100 666c6f77657200 00", "0380"),
    ])
    func aRedirectionByOthersHasNoCondition(
        classifier: TrafficRedirect.Classifier, kind: String, type: String
    ) {
        let request = NetlinkRequest.add(TrafficRedirect(from: 5, to: 6), classifier)
        let options = hex(kind) + hex("3c00 0280") + Self.actions(type)
        #expect(request.payload.dropFirst(20) == options[...])
    }
}
