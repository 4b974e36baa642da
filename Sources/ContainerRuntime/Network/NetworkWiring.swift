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

    /// Carries over what `names` does not have yet, and appends it: they are in the order of their slots. `process` is
    /// the sandbox's. Nothing happens where it is in this process's own namespace. What fails leaves nothing behind;
    /// interfaces before it stay carried over.
    static func carryOver(
        of process: Int32, _ names: inout [String], _ client: inout SandboxClient
    ) throws(RuntimeError) {
        guard let namespace = NetworkNamespace(path(of: process)) else { return }
        let network = try wrap { () throws(NetlinkError) in
            try namespace.enter { () throws(NetlinkError) in try read() }
        }
        for link in try network.newLinks(tapPrefix: tapPrefix, known: names) {
            let interface = network.interface(link, slot: UInt32(names.count))
            let tap = try wrap { () throws(NetlinkError) in
                try namespace.enter { () throws(NetlinkError) in try makeTap(for: link) }
            }
            do throws(RuntimeError) {
                try client.attach(interface, tap: tap.rawValue)
            } catch {
                remove([link.name], in: namespace)
                throw error
            }
            names.append(link.name)
        }
    }

    /// Takes away what joins the interfaces with taps. A namespace that is not there any more is none to look after.
    static func remove(_ names: [String], in path: String) {
        guard !names.isEmpty, let namespace = NetworkNamespace(path) else { return }
        remove(names, in: namespace)
    }

    /// The same, where the sandbox still is.
    static func remove(_ names: [String], of process: Int32) {
        remove(names, in: path(of: process))
    }

    static func path(of process: Int32) -> String { "/proc/\(process)/ns/net" }

    private static func wrap<Result: ~Copyable>(
        _ body: () throws(NetlinkError) -> Result
    ) throws(RuntimeError) -> Result {
        do throws(NetlinkError) {
            return try body()
        } catch {
            throw .unsupported(path: HostNetwork.field, reason: "\(error)")
        }
    }

    private static func read() throws(NetlinkError) -> HostNetwork {
        var socket = try RouteSocket()
        var network = HostNetwork()
        network.links = try socket.links()
        network.addresses = try socket.addresses()
        network.routes = try socket.routes()
        network.neighbours = try socket.neighbours()
        return network
    }

    private static func makeTap(for link: Link) throws(NetlinkError) -> OwnedFD {
        var socket = try RouteSocket()
        let tap = try TapDevice(tapPrefix + "%d")
        let index = try socket.link(named: tap.name).index
        var change = LinkChange()
        change.mtu = link.mtu
        change.isUp = true
        try socket.perform(.change(link: index, change))
        if !link.flags.contains(.up) {
            var up = LinkChange()
            up.isUp = true
            try socket.perform(.change(link: link.index, up))
        }
        // What an earlier container has left there leads nowhere.
        try? socket.perform(.deleteIngress(link: link.index))
        try socket.join(link.index, index)
        return tap.takeDescriptor()
    }

    private static func remove(_ names: [String], in namespace: NetworkNamespace) {
        try? namespace.enter { () throws(NetlinkError) in
            var socket = try RouteSocket()
            for link in try socket.links() where names.contains(link.name) {
                try? socket.perform(.deleteIngress(link: link.index))
            }
        }
    }
}
