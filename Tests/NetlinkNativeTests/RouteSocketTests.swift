import Linux
import Netlink
import NetworkTestSpace
import Testing

/// Requests to a real kernel, each test in a network namespace of its own.
@Suite(
    .enabled(if: TestNamespace.isAvailable, "\(TestNamespace.unavailable)"), .timeLimit(.minutes(2))
)
struct RouteSocketTests {
    private static func prefix(_ length: UInt8, _ bytes: UInt8...) throws -> IPPrefix {
        let address = try #require(IPAddress(bytes))
        return try #require(IPPrefix(address, length: length))
    }

    private static let mac: [UInt8] = [0x02, 0, 0, 0, 0, 9]

    @Test func linksAreListed() throws {
        let (links, byName, byIndex) = try TestNamespace.run {
            var socket = try RouteSocket()
            let veth = try socket.makeVeth()
            return (try socket.links(), veth, try socket.link(index: veth.index))
        }
        #expect(Set(links.map(\.name)) == ["lo", "veth0", "veth1"])
        #expect(byName.kind == "veth")
        #expect(byName.address.count == 6)
        #expect(byName.mtu == 1500)
        #expect(!byName.flags.contains(.up))
        #expect(byName.statistics?.sent.packets == 0)
        #expect(byIndex == byName)
        #expect(links.first { $0.name == "lo" }?.flags.contains(.loopback) == true)
    }

    @Test func aListMayBeLong() throws {
        let names = try TestNamespace.run {
            var socket = try RouteSocket()
            for number in 0..<40 { _ = try socket.makeVeth("left\(number)", "right\(number)") }
            return try socket.links().map(\.name)
        }
        #expect(names.count == 81)
        #expect(Set(names).count == 81)
    }

    @Test func aLinkIsChangedAllAtOnce() throws {
        let link = try TestNamespace.run {
            var socket = try RouteSocket()
            let veth = try socket.makeVeth()
            var change = LinkChange()
            change.name = "eth7"
            change.address = Self.mac
            change.mtu = 1400
            change.isUp = true
            try socket.perform(.change(link: veth.index, change))
            return try socket.link(index: veth.index)
        }
        #expect(link.name == "eth7")
        #expect(link.address == Self.mac)
        #expect(link.mtu == 1400)
        #expect(link.flags.contains(.up))
    }

    @Test func whatTheKernelRefusesHasItsReason() throws {
        let (missing, small) = try TestNamespace.run {
            var socket = try RouteSocket()
            let veth = try socket.makeVeth()
            var change = LinkChange()
            change.mtu = 1
            var errors: [NetlinkError] = []
            for request in [
                NetlinkRequest.link(name: "none"), .change(link: veth.index, change),
            ] {
                do throws(NetlinkError) {
                    try socket.perform(request)
                } catch {
                    errors.append(error)
                }
            }
            // It is good for more.
            _ = try socket.links()
            return (errors.first, errors.last)
        }
        // ENODEV
        #expect(missing?.refusal == Errno(rawValue: 19))
        #expect(small?.refusal == .invalidArgument)
        #expect(small?.description.contains("mtu") == true)
    }

    @Test func aLinkIsDeletedWithItsPeer() throws {
        let names = try TestNamespace.run {
            var socket = try RouteSocket()
            let veth = try socket.makeVeth()
            try socket.perform(.delete(link: veth.index))
            return try socket.links().map(\.name)
        }
        #expect(names == ["lo"])
    }

    @Test func addressesAreSetAndListed() throws {
        let addresses = try TestNamespace.run {
            var socket = try RouteSocket()
            let veth = try socket.makeVeth()
            try socket.setUp("veth0", "veth1")
            var four = LinkAddress(link: veth.index, prefix: try Self.prefix(16, 10, 88, 0, 5))
            four.broadcast = IPAddress([10, 88, 255, 255])
            var six = LinkAddress(
                link: veth.index,
                prefix: try Self.prefix(64, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5))
            six.flags = .noDuplicateDetection
            // Twice: the second replaces the first.
            for address in [four, six, four, six] { try socket.perform(address.addition) }
            return try socket.addresses().filter { $0.link == veth.index }
        }
        let four = try #require(addresses.first { $0.prefix.description == "10.88.0.5/16" })
        #expect(four.broadcast?.description == "10.88.255.255")
        #expect(four.flags == .permanent)
        let six = try #require(addresses.first { $0.prefix.description == "fd00::5/64" })
        #expect(six.flags.isSuperset(of: [.permanent, .noDuplicateDetection]))
        #expect(!six.flags.contains(.tentative))
    }

    @Test func routesAreSetAndListed() throws {
        let (routes, wanted) = try TestNamespace.run {
            var socket = try RouteSocket()
            let veth = try socket.makeVeth()
            try socket.setUp("veth0", "veth1")
            try socket.perform(
                LinkAddress(link: veth.index, prefix: try Self.prefix(24, 10, 88, 0, 5)).addition)
            var first = Route(to: try Self.prefix(0, 0, 0, 0, 0))
            first.gateway = IPAddress([10, 88, 0, 1])
            first.link = veth.index
            first.preferredSource = IPAddress([10, 88, 0, 5])
            first.metric = 100
            first.mtu = 1400
            var second = Route(to: try Self.prefix(16, 10, 99, 0, 0))
            second.gateway = IPAddress([169, 254, 1, 1])
            second.link = veth.index
            second.onLink = true
            var third = Route(to: try Self.prefix(8, 11, 0, 0, 0))
            third.kind = .blackhole
            for route in [first, second, third] { try socket.perform(route.addition) }
            return (try socket.routes(), [first, second, third])
        }
        for route in wanted { #expect(routes.contains(route), "\(route)") }
        let own = routes.first { $0.destination.description == "10.88.0.0/24" }
        #expect(own?.origin == .kernel)
        #expect(own?.scope == .link)
        #expect(routes.allSatisfy { $0.table == Route.mainTable })
    }

    @Test func neighboursAreSetAndListed() throws {
        let (neighbours, wanted) = try TestNamespace.run {
            var socket = try RouteSocket()
            let veth = try socket.makeVeth()
            try socket.setUp("veth0", "veth1")
            let address = try Self.prefix(32, 169, 254, 1, 1).address
            let neighbour = Neighbour(link: veth.index, address: address, linkAddress: Self.mac)
            try socket.perform(neighbour.addition)
            return (try socket.neighbours(), neighbour)
        }
        #expect(neighbours.contains(wanted))
    }

    @Test func aLinkMovesToAnotherNamespace() throws {
        let (here, there) = try TestNamespace.run {
            var first = try RouteSocket()
            let veth = try first.makeVeth()
            try TestNamespace.enter()
            var second = try RouteSocket()
            let namespace = try TestNamespace.descriptor()
            var change = LinkChange()
            change.namespace = namespace.rawValue
            change.name = "moved"
            try first.perform(.change(link: veth.index, change))
            return (try first.links().map(\.name), try second.links().map(\.name))
        }
        #expect(Set(here) == ["lo", "veth1"])
        #expect(Set(there) == ["lo", "moved"])
    }

    @Test func changesAreHeard() throws {
        let (before, events) = try TestNamespace.run {
            var socket = try RouteSocket()
            let listener = try NetworkListener([.links, .addresses])
            let before = try listener.next()
            let veth = try socket.makeVeth()
            let address = LinkAddress(
                link: veth.index, prefix: try Self.prefix(24, 10, 88, 0, 5))
            try socket.perform(address.addition)
            try socket.perform(.delete(link: veth.index))
            var events: [NetworkEvent] = []
            while let more = try listener.next() { events += more }
            return (before, events)
        }
        #expect(before == nil)
        #expect(
            events.contains { if case .link(let link) = $0 { link.name == "veth0" } else { false } }
        )
        #expect(
            events.contains {
                if case .address(let one) = $0 { one.prefix.length == 24 } else { false }
            })
        #expect(
            events.contains {
                if case .linkRemoved(let link) = $0 { link.name == "veth1" } else { false }
            })
    }
}
