import Netlink
import Protocols
import Testing

@testable import AgentCore

@Suite("Requests that make a network card an interface")
struct NetworkSetUpTests {
    private func interface(_ change: (inout NetworkInterface) -> Void) -> NetworkInterface {
        var interface = NetworkInterface()
        change(&interface)
        return interface
    }

    private func address(_ bytes: [UInt8], _ length: UInt32) -> NetworkInterface.Address {
        var address = NetworkInterface.Address()
        address.address = bytes
        address.prefixLength = length
        return address
    }

    private func route(_ bytes: [UInt8], _ length: UInt32) -> NetworkInterface.Route {
        var route = NetworkInterface.Route()
        route.destination = bytes
        route.prefixLength = length
        route.kind = 1
        route.origin = 3
        return route
    }

    private func prefix(_ bytes: [UInt8], _ length: UInt8) throws -> IPPrefix {
        let address = try #require(IPAddress(bytes))
        return try #require(IPPrefix(address, length: length))
    }

    @Test("addresses come first, then routes and neighbours, as they are in the kernel's headers")
    func requests() throws {
        let requests = try NetworkSetUp.parts(
            interface {
                var address = self.address([10, 88, 0, 5], 16)
                address.broadcast = [10, 88, 255, 255]
                address.flags = 0x80
                $0.addresses = [address]
                var route = self.route([0, 0, 0, 0], 0)
                route.gateway = [10, 88, 0, 1]
                $0.routes = [route]
                $0.neighbours = [
                    .init(address: [10, 88, 0, 1], hardwareAddress: [2, 0, 0, 0, 0, 9])
                ]
            }, 3
        ).map(\.addition)
        // RTM_NEWADDR: AF_INET, /16, IFA_F_PERMANENT, universe, link 3; IFA_LOCAL, IFA_ADDRESS, IFA_BROADCAST, IFA_FLAGS.
        let address: [UInt8] =
            [2, 16, 0x80, 0, 3, 0, 0, 0] + [8, 0, 2, 0, 10, 88, 0, 5] + [8, 0, 1, 0, 10, 88, 0, 5]
            + [8, 0, 4, 0, 10, 88, 255, 255] + [8, 0, 8, 0, 0x80, 0, 0, 0]
        // RTM_NEWROUTE: AF_INET, /0, main table, RTPROT_BOOT, universe, RTN_UNICAST; RTA_GATEWAY, RTA_OIF, RTA_TABLE.
        let route: [UInt8] =
            [2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0] + [8, 0, 5, 0, 10, 88, 0, 1]
            + [8, 0, 4, 0, 3, 0, 0, 0] + [8, 0, 15, 0, 254, 0, 0, 0]
        // RTM_NEWNEIGH: AF_INET, link 3, NUD_PERMANENT; NDA_DST, NDA_LLADDR.
        let neighbour: [UInt8] =
            [2, 0, 0, 0, 3, 0, 0, 0, 0x80, 0, 0, 0] + [8, 0, 1, 0, 10, 88, 0, 1]
            + [10, 0, 2, 0, 2, 0, 0, 0, 0, 9, 0, 0]
        #expect(requests.map(\.type) == [20, 24, 28])
        #expect(requests.map(\.payload) == [address, route, neighbour])
        // NLM_F_REQUEST, ACK, REPLACE and CREATE.
        #expect(requests.allSatisfy { $0.flags.rawValue == 0x505 })
    }

    @Test("every field of addresses and routes counts")
    func fields() throws {
        let parts = try NetworkSetUp.parts(
            interface {
                var address = self.address([10, 0, 0, 1], 32)
                address.peer = [10, 0, 0, 2]
                address.scope = 253
                $0.addresses = [address]
                var route = self.route([10, 0, 0, 0], 8)
                route.gateway = [169, 254, 1, 1]
                route.preferredSource = [10, 0, 0, 1]
                route.metric = 100
                route.mtu = 1400
                route.scope = 253
                route.origin = 4
                route.kind = 6
                route.onLink = true
                $0.routes = [route]
            }, 2)
        var address = LinkAddress(link: 2, prefix: try prefix([10, 0, 0, 1], 32))
        address.peer = IPAddress([10, 0, 0, 2])
        address.scope = .link
        var route = Route(to: try prefix([10, 0, 0, 0], 8))
        route.link = 2
        route.gateway = IPAddress([169, 254, 1, 1])
        route.preferredSource = IPAddress([10, 0, 0, 1])
        route.metric = 100
        route.mtu = 1400
        route.scope = .link
        route.origin = .administrator
        route.kind = .blackhole
        route.onLink = true
        #expect(parts == [.address(address), .route(route)])
    }

    @Test("an interface without anything needs nothing")
    func nothing() throws {
        #expect(try NetworkSetUp.parts(NetworkInterface(), 1) == [])
    }

    @Test(
        "addresses of other lengths are refused",
        arguments: [0, 3, 5, 15, 17])
    func lengths(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        var broken = [
            interface { $0.addresses = [address(bytes, 1)] },
            interface { $0.routes = [route(bytes, 1)] },
            interface { $0.neighbours = [.init(address: bytes, hardwareAddress: [])] },
        ]
        // Others may be empty.
        if count > 0 {
            var (peer, broadcast) = (address([10, 0, 0, 1], 8), address([10, 0, 0, 1], 8))
            peer.peer = bytes
            broadcast.broadcast = bytes
            var (gateway, source) = (route([10, 0, 0, 0], 8), route([10, 0, 0, 0], 8))
            gateway.gateway = bytes
            source.preferredSource = bytes
            broken += [peer, broadcast].map { one in interface { $0.addresses = [one] } }
            broken += [gateway, source].map { one in interface { $0.routes = [one] } }
        }
        for one in broken {
            #expect(throws: NetlinkError.malformed("address of \(count) bytes")) {
                try NetworkSetUp.parts(one, 1)
            }
        }
    }

    @Test("prefixes longer than their address are refused", arguments: [33, 129, 256, UInt32.max])
    func prefixes(length: UInt32) {
        #expect(throws: NetlinkError.malformed("prefix of \(length)")) {
            try NetworkSetUp.parts(
                interface { $0.addresses = [address([10, 0, 0, 1], length)] }, 1)
        }
        #expect(throws: NetlinkError.malformed("prefix of \(length)")) {
            try NetworkSetUp.parts(interface { $0.routes = [route([10, 0, 0, 0], length)] }, 1)
        }
    }
}
