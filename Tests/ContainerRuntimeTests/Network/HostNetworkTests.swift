import Netlink
import Protocols
import Testing

@testable import ContainerRuntime

/// What of a network namespace a container's network cards get.
@Suite struct HostNetworkTests {
    private func link(
        _ index: UInt32, _ name: String, kind: String? = "veth", type: UInt16 = 1,
        flags: LinkFlags = [.up], master: UInt32? = nil
    ) -> Link {
        var link = Link(index: index, name: name, hardwareType: type, flags: flags)
        link.kind = kind
        link.address = [2, 0, 0, 0, 0, UInt8(index)]
        link.mtu = 1500
        link.master = master
        return link
    }

    private func address(_ bytes: UInt8..., length: UInt8, link: UInt32 = 2) throws -> LinkAddress {
        LinkAddress(link: link, prefix: try prefix(bytes, length))
    }

    private func prefix(_ bytes: [UInt8], _ length: UInt8) throws -> IPPrefix {
        let address = try #require(IPAddress(bytes))
        return try #require(IPPrefix(address, length: length))
    }

    private let six: [UInt8] = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]

    private func names(
        _ links: [Link], known: [CarriedInterface] = [], cards: UInt32 = 2
    ) throws -> [String] {
        var network = HostNetwork()
        network.links = links
        return try network.newLinks(known, cards: cards).map(\.name)
    }

    private func carried(
        _ name: String, _ link: UInt32, tap: UInt32, slot: UInt32 = 0
    ) -> CarriedInterface {
        CarriedInterface(slot: slot, name: name, link: link, tap: tap)
    }

    @Test func linksAreInTheOrderInWhichTheyWereMade() throws {
        #expect(try names([link(7, "eth0"), link(3, "zeta")]) == ["zeta", "eth0"])
        // Those that are down, and hardware, are carried over as well.
        #expect(try names([link(4, "eth0", kind: nil, flags: [])]) == ["eth0"])
    }

    @Test func whatIsNoInterfaceOfAContainerStays() throws {
        let links = [
            link(1, "lo", kind: nil, type: 772, flags: [.up, .loopback]),
            link(2, "bridge", kind: "bridge"), link(3, "port", master: 2),
            link(4, "tunl0", kind: "ipip", type: 768),
        ]
        #expect(try names(links) == [])
    }

    @Test func whatIsKnownAndItsTapsStay() throws {
        let links = [link(2, "eth0"), link(3, "vmrun0", kind: "tun"), link(4, "eth1")]
        let known = [carried("eth0", 2, tap: 3)]
        #expect(try names(links, known: known) == ["eth1"])
        #expect(try names(Array(links.prefix(2)), known: known) == [])
    }

    @Test(arguments: [[], ["a"]])
    func moreInterfacesThanCardsAreRefused(known: [String]) {
        let links = ["a", "b", "c"].enumerated().map { link(UInt32($0) + 2, $1) }
        let error = #expect(throws: RuntimeError.self) {
            try names(links, known: known.map { carried($0, 2, tap: 9) })
        }
        #expect(
            error?.description.contains(
                "the container's network: interfaces a, b, c: the machine has 2 network cards; "
                    + "io.vmrun.network.cards says how many, up to 8")
                == true)
    }

    @Test func aMachineWithMoreCardsHasMoreInterfaces() throws {
        let links = ["a", "b", "c"].enumerated().map { link(UInt32($0) + 2, $1) }
        #expect(try names(links, cards: 8) == ["a", "b", "c"])
        #expect(throws: RuntimeError.self) { try names(links, cards: 0) }
    }

    @Test func interfacesOfAnotherContainerAreRefused() {
        let error = #expect(throws: RuntimeError.self) {
            try names([link(2, "eth0"), link(3, "vmrun0", kind: "tun")])
        }
        #expect(
            error?.description.contains("another container has its interfaces (vmrun0)") == true)
    }

    @Test func anInterfaceIsTheSameAsLongAsItsNameAndBothEndsAre() {
        var network = HostNetwork()
        network.links = [
            link(2, "eth0"), link(3, "vmrun0", kind: "tun"), link(4, "port", master: 9),
        ]
        let ends = network.ends(of: carried("eth0", 2, tap: 3))
        #expect(ends?.link.index == 2)
        #expect(ends?.tap.index == 3)
        for gone in [
            carried("eth0", 5, tap: 3), carried("eth0", 2, tap: 6), carried("eth1", 2, tap: 3),
            carried("port", 4, tap: 3), carried("eth0", 2, tap: 0),
        ] {
            #expect(network.ends(of: gone) == nil)
        }
    }

    @Test func aLinkThatIsDownIsDownInTheGuest() {
        #expect(HostNetwork().interface(link(2, "a", flags: []), slot: 0).isDown)
        #expect(!HostNetwork().interface(link(2, "a", flags: .up), slot: 0).isDown)
    }

    @Test func aLinkIsCarriedOverWithItsAddresses() throws {
        var network = HostNetwork()
        var first = try address(10, 88, 0, 5, length: 16)
        first.broadcast = IPAddress([10, 88, 255, 255])
        first.flags = [.permanent, .secondary]
        var second = try address(10, 0, 0, 1, length: 32)
        second.peer = IPAddress([10, 0, 0, 2])
        second.scope = .link
        second.flags = .noPrefixRoute
        var third = LinkAddress(link: 2, prefix: try prefix(six, 64))
        third.flags = [.permanent, .tentative]
        network.addresses = [
            first, try address(192, 168, 0, 1, length: 24, link: 3), second, third,
        ]
        let interface = network.interface(link(2, "eth0"), slot: 1)
        #expect(interface.slot == 1)
        #expect(interface.name == "eth0")
        #expect(interface.hardwareAddress == [2, 0, 0, 0, 0, 2])
        #expect(interface.mtu == 1500)
        #expect(
            interface.addresses.map(\.address) == [[10, 88, 0, 5], [10, 0, 0, 1], six])
        #expect(interface.addresses.map(\.prefixLength) == [16, 32, 64])
        #expect(interface.addresses.map(\.broadcast) == [[10, 88, 255, 255], [], []])
        #expect(interface.addresses.map(\.peer) == [[], [10, 0, 0, 2], []])
        #expect(interface.addresses.map(\.scope) == [0, 253, 0])
        // IFA_F_PERMANENT; IFA_F_NOPREFIXROUTE; IFA_F_PERMANENT and IFA_F_NODAD.
        #expect(interface.addresses.map(\.flags) == [0x80, 0x200, 0x82])
    }

    private func route(_ network: UInt8, via gateway: [UInt8]? = nil, link: UInt32 = 2) throws
        -> Route
    {
        var route = Route(to: try prefix([network, 0, 0, 0], 8))
        route.link = link
        route.gateway = gateway.flatMap { IPAddress($0) }
        return route
    }

    @Test func routesToGatewaysComeBeforeThoseThroughThem() throws {
        var network = HostNetwork()
        var kernels = try route(1)
        kernels.origin = .kernel
        var routers = try route(2)
        routers.origin = .routerAdvertisement
        network.routes = [
            try route(3, via: [10, 0, 0, 1]), kernels, routers, try route(4),
            try route(5, link: 3), try route(6, via: [10, 0, 0, 2]),
        ]
        let routes = network.interface(link(2, "eth0"), slot: 0).routes
        #expect(routes.map { $0.destination[0] } == [4, 3, 6])
        #expect(routes.map(\.gateway) == [[], [10, 0, 0, 1], [10, 0, 0, 2]])
    }

    @Test func aRouteIsCarriedOverWhole() throws {
        var network = HostNetwork()
        var route = try route(10, via: [169, 254, 1, 1])
        route.preferredSource = IPAddress([10, 88, 0, 5])
        route.metric = 100
        route.mtu = 1400
        route.scope = .link
        route.origin = .administrator
        route.onLink = true
        network.routes = [route]
        var wanted = NetworkInterface.Route()
        wanted.destination = [10, 0, 0, 0]
        wanted.prefixLength = 8
        wanted.gateway = [169, 254, 1, 1]
        wanted.preferredSource = [10, 88, 0, 5]
        wanted.metric = 100
        wanted.mtu = 1400
        wanted.scope = 253
        wanted.origin = 4
        wanted.kind = 1
        wanted.onLink = true
        #expect(network.interface(link(2, "eth0"), slot: 0).routes == [wanted])
    }

    @Test func neighboursThatSomebodyHasSetAreCarriedOver() throws {
        var network = HostNetwork()
        func neighbour(_ number: UInt8, _ state: Neighbour.State, link: UInt32 = 2, count: Int = 6)
            throws -> Neighbour
        {
            var neighbour = Neighbour(
                link: link, address: try #require(IPAddress([10, 0, 0, number])),
                linkAddress: [UInt8](repeating: number, count: count))
            neighbour.state = state
            return neighbour
        }
        network.neighbours = [
            try neighbour(1, .reachable), try neighbour(2, .permanent),
            try neighbour(3, .permanent, link: 3), try neighbour(4, .permanent, count: 4),
        ]
        let wanted = NetworkInterface.Neighbour(
            address: [10, 0, 0, 2], hardwareAddress: [2, 2, 2, 2, 2, 2])
        #expect(network.interface(link(2, "eth0"), slot: 0).neighbours == [wanted])
    }
}
