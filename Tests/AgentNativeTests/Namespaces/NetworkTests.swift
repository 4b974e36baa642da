import Foundation
import Linux
import Netlink
import NetworkTestSpace
import Protocols
import Testing

@testable import AgentCore

/// The agent's network has a card: one end of a pair, with a slot's address.
@Suite("Network interfaces", .native)
struct NetworkTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
        try TestNamespace.run(in: "/proc/\(agent.pid)/ns/net") {
            var socket = try RouteSocket()
            var change = LinkChange()
            change.address = NetworkSlot.address(1)
            let card = try socket.makeVeth("card", "other")
            try socket.perform(.change(link: card.index, change))
            try socket.setUp("other")
        }
    }

    private static var interface: NetworkInterface {
        var interface = NetworkInterface()
        interface.slot = 1
        interface.name = "eth7"
        interface.hardwareAddress = [0x02, 0, 0, 0, 0, 9]
        interface.mtu = 1400
        var four = NetworkInterface.Address()
        four.address = [10, 88, 0, 5]
        four.prefixLength = 16
        four.broadcast = [10, 88, 255, 255]
        four.flags = 0x80
        var six = NetworkInterface.Address()
        six.address = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]
        six.prefixLength = 64
        six.flags = 0x82
        interface.addresses = [four, six]
        var gateway = NetworkInterface.Route()
        gateway.destination = [169, 254, 1, 1]
        gateway.prefixLength = 32
        (gateway.scope, gateway.origin, gateway.kind) = (253, 3, 1)
        var route = NetworkInterface.Route()
        route.destination = [0, 0, 0, 0]
        route.gateway = [169, 254, 1, 1]
        (route.metric, route.mtu, route.origin, route.kind) = (100, 1300, 4, 1)
        interface.routes = [gateway, route]
        interface.neighbours = [
            .init(address: [169, 254, 1, 1], hardwareAddress: [2, 0, 0, 0, 0, 8])
        ]
        return interface
    }

    private struct Seen: Sendable {
        var links: [Link]
        var addresses: [LinkAddress]
        var routes: [Route]
        var neighbours: [Neighbour]
    }

    /// Of the namespace of a process.
    private func seen(of pid: Int32) throws -> Seen {
        try TestNamespace.run(in: "/proc/\(pid)/ns/net") {
            var socket = try RouteSocket()
            return Seen(
                links: try socket.links(), addresses: try socket.addresses(),
                routes: try socket.routes(), neighbours: try socket.neighbours())
        }
    }

    private func create() throws -> Int32 {
        Int32(try agent.perform(.createContainer(Plans.container("sleep", "86400"))))
    }

    @Test("a card becomes the interface, in the container's namespace")
    func becomesTheInterface() throws {
        let pid = try agentsChild(of: create())
        try agent.perform(.configureNetwork(container: "c", Self.interface))
        let seen = try seen(of: pid)
        let link = try #require(seen.links.first { $0.name == "eth7" })
        #expect(Set(seen.links.map(\.name)) == ["lo", "eth7"])
        #expect(link.address == [0x02, 0, 0, 0, 0, 9])
        #expect(link.mtu == 1400)
        #expect(link.flags.contains(.up))
        let addresses = seen.addresses.filter { $0.link == link.index }.map(\.prefix.description)
        #expect(Set(addresses).isSuperset(of: ["10.88.0.5/16", "fd00::5/64"]))
        let route = try #require(seen.routes.first { $0.destination.description == "0.0.0.0/0" })
        #expect(route.gateway?.description == "169.254.1.1")
        #expect(route.link == link.index)
        #expect(route.metric == 100)
        #expect(route.mtu == 1300)
        #expect(route.origin == .administrator)
        #expect(seen.routes.contains { $0.destination.description == "169.254.1.1/32" })
        let neighbour = seen.neighbours.first { $0.address.description == "169.254.1.1" }
        #expect(neighbour?.linkAddress == [2, 0, 0, 0, 0, 8])
        #expect(neighbour?.state == .permanent)
        #expect(try self.seen(of: agent.pid).links.map(\.name).sorted() == ["lo", "other"])
        try agent.perform(.startContainer(container: "c"))
        try agent.perform(.deleteContainer(container: "c"))
    }

    @Test("an interface follows what the host wants of it, and goes back where it came from")
    func changes() throws {
        let pid = try agentsChild(of: create())
        var interface = Self.interface
        try agent.perform(.configureNetwork(container: "c", interface))
        interface.mtu = 1300
        interface.addresses[0].address = [10, 88, 0, 6]
        interface.routes.removeLast()
        interface.neighbours = []
        try agent.perform(.configureNetwork(container: "c", interface))
        var now = try seen(of: pid)
        var link = try #require(now.links.first { $0.name == "eth7" })
        #expect(link.mtu == 1300)
        let addresses = now.addresses.filter { $0.link == link.index }.map(\.prefix.description)
        #expect(addresses.contains("10.88.0.6/16") && !addresses.contains("10.88.0.5/16"))
        #expect(addresses.contains("fd00::5/64"))
        #expect(!now.routes.contains { $0.destination.description == "0.0.0.0/0" })
        #expect(now.routes.contains { $0.destination.description == "169.254.1.1/32" })
        #expect(!now.neighbours.contains { $0.state == .permanent })

        interface.isDown = true
        interface.addresses.removeLast()
        interface.routes = []
        try agent.perform(.configureNetwork(container: "c", interface))
        now = try seen(of: pid)
        link = try #require(now.links.first { $0.name == "eth7" })
        #expect(!link.flags.contains(.up))
        interface = Self.interface
        try agent.perform(.configureNetwork(container: "c", interface))
        now = try seen(of: pid)
        #expect(now.routes.contains { $0.destination.description == "0.0.0.0/0" })
        #expect(now.addresses.contains { $0.prefix.description == "fd00::5/64" })

        try agent.perform(.removeNetwork(container: "c", slot: 1))
        #expect(try seen(of: pid).links.map(\.name) == ["lo"])
        let card = try #require(
            try seen(of: agent.pid).links.first { $0.address == NetworkSlot.address(1) })
        #expect(!card.flags.contains(.up))
        // For whatever comes next.
        interface.name = "eth8"
        try agent.perform(.configureNetwork(container: "c", interface))
        #expect(try seen(of: pid).links.map(\.name) == ["lo", "eth8"])
        try agent.perform(.removeNetwork(container: "c", slot: 0))
        try agent.perform(.deleteContainer(container: "c"))
    }

    @Test("kernel parameters of an interface are set when it has come")
    func parameters() throws {
        let name = "net.ipv4.conf.eth7.rp_filter"
        var plan = Plans.container("sleep", "86400")
        plan.sysctls = [
            Assignment(name: name, value: "2"),
            Assignment(name: "net.ipv4.conf.eth9.rp_filter", value: "x"),
        ]
        let pid = try agentsChild(of: Int32(try agent.perform(.createContainer(plan))))
        try agent.perform(.configureNetwork(container: "c", Self.interface))
        let value = try TestNamespace.run(in: "/proc/\(pid)/ns/net") {
            try Host.text(of: "/proc/sys/net/ipv4/conf/eth7/rp_filter")
        }
        #expect(value == "2\n")
        try agent.perform(.deleteContainer(container: "c"))
    }

    @Test("a kernel parameter that an interface does not have is an error that names it")
    func wrongParameters() throws {
        var plan = Plans.container("sleep", "86400")
        plan.sysctls = [Assignment(name: "net.ipv4.conf.eth7.nothing", value: "2")]
        try agent.perform(.createContainer(plan))
        let failure = try agent.refusal(of: .configureNetwork(container: "c", Self.interface))
        #expect(
            failure?.message == "configure the network interface eth7: no such file or directory: "
                + #"write sysctl "net.ipv4.conf.eth7.nothing""#)
        try agent.perform(.deleteContainer(container: "c"))
    }

    @Test("what the container has made itself stays, and what it has taken away is no error")
    func ownChanges() throws {
        let pid = try agentsChild(of: create())
        var interface = Self.interface
        try agent.perform(.configureNetwork(container: "c", interface))
        let link = try #require(try seen(of: pid).links.first { $0.name == "eth7" }).index
        let own = try #require(
            IPAddress([10, 99, 0, 1]).flatMap { IPPrefix($0, length: 24) })
        let given = try #require(
            IPAddress([10, 88, 0, 5]).flatMap { IPPrefix($0, length: 16) })
        try TestNamespace.run(in: "/proc/\(pid)/ns/net") {
            var socket = try RouteSocket()
            try socket.perform(LinkAddress(link: link, prefix: own).addition)
            try socket.perform(LinkAddress(link: link, prefix: given).removal)
        }
        interface.addresses[0].address = [10, 88, 0, 7]
        try agent.perform(.configureNetwork(container: "c", interface))
        let addresses = try seen(of: pid).addresses.map(\.prefix.description)
        #expect(addresses.contains("10.99.0.1/24") && addresses.contains("10.88.0.7/16"))
        try agent.perform(.deleteContainer(container: "c"))
    }

    @Test("a slot without a card, and a container that is not there, are refused")
    func refusals() throws {
        _ = try create()
        var interface = Self.interface
        interface.slot = 0
        let failure = try agent.refusal(of: .configureNetwork(container: "c", interface))
        #expect(failure?.message.contains("eth7: no such device: no card in slot 0") == true)
        #expect(
            try agent.refusal(of: .configureNetwork(container: "d", Self.interface)) != nil)
        try agent.perform(.deleteContainer(container: "c"))
    }

    @Test("what the kernel refuses is told with the interface's name")
    func failures() throws {
        _ = try create()
        var interface = Self.interface
        interface.routes[0].gateway = [10, 99, 0, 1]
        let failure = try agent.refusal(of: .configureNetwork(container: "c", interface))
        #expect(
            failure?.message.hasPrefix("configure the network interface eth7: ") == true,
            "\(failure?.message ?? "")")
        // The card is there for another attempt.
        #expect(
            try seen(of: agent.pid).links.contains { $0.address == NetworkSlot.address(1) })
        try agent.perform(.configureNetwork(container: "c", Self.interface))
        try agent.perform(.deleteContainer(container: "c"))
    }

    /// The agent tells pids of its own namespace (NSpid of proc_pid_status(5)).
    private func agentsChild(of inner: Int32) throws -> Int32 {
        let children = try String(
            contentsOfFile: "/proc/\(agent.pid)/task/\(agent.pid)/children", encoding: .utf8)
        for child in children.split(separator: " ").compactMap({ Int32($0) }) {
            let status = try Host.text(of: "/proc/\(child)/status")
            let pids = status.split(separator: "\n").first { $0.hasPrefix("NSpid:") }
            if pids?.split(separator: "\t").dropFirst(2).first.flatMap({ Int32($0) }) == inner {
                return child
            }
        }
        throw Failure(message: "no process \(inner) below the agent")
    }
}
