internal import Linux
internal import Netlink
internal import Protocols

/// Joins the interfaces of a container's network namespace with network cards of its machine.
///
/// Each gets a tap in the same namespace: what comes in on the interface goes out of the tap and the other way round
/// (tc-mirred(8)), and the sandbox has the tap's other end. The host's own stack does not see it any more; addresses and
/// routes are the guest's. The taps go with the sandbox.
enum NetworkWiring {
    private static let tapPrefix = "vmrun"

    /// An interface with the tap that stands for it.
    private final class Wire {
        let interface: NetworkInterface
        let tap: OwnedFD

        init(_ interface: NetworkInterface, _ tap: consuming OwnedFD) {
            self.interface = interface
            self.tap = tap
        }
    }

    /// Carries over what is not yet known; answers the names of all, in the order of their slots. `process` is the
    /// sandbox's. Nothing happens where it is in this process's own namespace.
    static func carryOver(
        of process: Int32, known: [String], _ client: inout SandboxClient
    ) throws(RuntimeError) -> [String] {
        guard let namespace = NetworkNamespace("/proc/\(process)/ns/net") else { return known }
        var names = known
        while let wire = try next(names, in: namespace) {
            try client.attach(wire.interface, tap: wire.tap.rawValue)
            names.append(wire.interface.name)
        }
        return names
    }

    /// Takes away what joined the interfaces with taps that are gone by now.
    static func remove(_ names: [String], in path: String) {
        guard !names.isEmpty, let namespace = NetworkNamespace(path) else { return }
        try? namespace.enter { () throws(NetlinkError) in
            var socket = try RouteSocket()
            for link in try socket.links() where names.contains(link.name) {
                try? socket.perform(.deleteIngress(link: link.index))
            }
        }
    }

    private static func next(
        _ known: [String], in namespace: NetworkNamespace
    ) throws(RuntimeError) -> Wire? {
        do throws(NetlinkError) {
            return try namespace.enter { () throws(NetlinkError) in
                var socket = try RouteSocket()
                var network = HostNetwork()
                network.links = try socket.links()
                guard
                    let link = network.newLinks(tapPrefix: tapPrefix, known: known).first
                else { return nil }
                guard known.count < NetworkSlot.count else {
                    throw .refused(
                        .noSpace,
                        text: "the machine has \(NetworkSlot.count) network cards, and "
                            + "\(link.name) is one interface more")
                }
                network.addresses = try socket.addresses()
                network.routes = try socket.routes()
                network.neighbours = try socket.neighbours()
                let interface = network.interface(link, slot: UInt32(known.count))
                return Wire(interface, try makeTap(for: link, &socket))
            }
        } catch {
            throw .unsupported(path: "the container's network", reason: "\(error)")
        }
    }

    private static func makeTap(
        for link: Link, _ socket: inout RouteSocket
    ) throws(NetlinkError) -> OwnedFD {
        let tap = try TapDevice(tapPrefix + "%d")
        let index = try socket.link(named: tap.name).index
        var change = LinkChange()
        change.mtu = link.mtu
        change.isUp = true
        try socket.perform(.change(link: index, change))
        // What an earlier container has left there leads nowhere.
        try? socket.perform(.deleteIngress(link: link.index))
        try socket.join(link.index, index)
        if !link.flags.contains(.up) {
            var up = LinkChange()
            up.isUp = true
            try socket.perform(.change(link: link.index, up))
        }
        return tap.takeDescriptor()
    }
}
