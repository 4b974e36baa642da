internal import Linux
internal import Netlink
internal import Protocols

/// Joins the interfaces of a container's network namespace with network cards of its machine.
///
/// Each gets a tap in the same namespace: what comes in on the interface goes out of the tap and the other way round
/// (tc-mirred(8)), and the sandbox has the tap's other end. The host's own stack does not see it any more; addresses and
/// routes are the guest's. The taps go with the sandbox.
enum NetworkWiring {
    /// Hears of a socket and a message to it that takes away what is about to be made in the namespace.
    typealias Undo = (borrowing OwnedFD, [UInt8]) throws(Errno) -> Void

    /// Lets the guest have the interfaces as the namespace has them now: takes away what has gone, changes what has
    /// changed, adds what is new, and keeps count of it in the record and its file.
    ///
    /// Nothing happens where the sandbox is in this process's own namespace, or the network is one of user space. What fails leaves nothing of its own behind,
    /// and the rest is done; the first such error is thrown. `undo` is for those whose end leaves no record.
    static func bringUpToDate(
        _ record: inout StateRecord, in directory: borrowing ContainerDirectory,
        _ client: inout SandboxClient, undo: Undo = { _, _ in }
    ) throws(RuntimeError) {
        guard !record.hasUserNetwork, let namespace = NetworkNamespace(path(of: record.pid)) else {
            return
        }
        var network = try read(namespace)
        var failure: RuntimeError?
        var hasDetached = false
        for carried in record.interfaces {
            do throws(RuntimeError) {
                if let (link, tap) = network.ends(of: carried) {
                    try adjust(tap, to: link, in: namespace)
                    try client.change(
                        interface(link, of: network, slot: carried.slot, record))
                } else {
                    try detach(carried, in: namespace, &client)
                    record.interfaces.removeAll { $0.slot == carried.slot }
                    hasDetached = true
                    try directory.write(record)
                }
            } catch {
                failure = failure ?? error
            }
        }
        // Their taps are gone by now.
        if hasDetached { network = try read(namespace) }
        for link in try network.newLinks(record.interfaces, cards: record.networkCards) {
            do throws(RuntimeError) {
                try attach(link, of: network, in: namespace, &record, directory, &client, undo)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// The file tells of it before the namespace has anything of it: whoever removes the container looks there.
    private static func attach(
        _ link: Link, of network: HostNetwork, in namespace: NetworkNamespace,
        _ record: inout StateRecord, _ directory: borrowing ContainerDirectory,
        _ client: inout SandboxClient, _ undo: Undo
    ) throws(RuntimeError) {
        let used = record.interfaces.map(\.slot)
        guard let slot = (0..<record.networkCards).first(where: { !used.contains($0) }) else {
            return
        }
        let index = record.interfaces.firstIndex { $0.slot > slot } ?? record.interfaces.count
        let carried = CarriedInterface(slot: slot, name: link.name, link: link.index, tap: 0)
        record.interfaces.insert(carried, at: index)
        try directory.write(record)
        do throws(RuntimeError) {
            let tap = try wrap { () throws(NetlinkError) in
                try namespace.enter { () throws(NetlinkError) in
                    try WiredTap(
                        to: link, queueCount: NetworkSlot.queuePairs(record.processorCount),
                        undo: undo)
                }
            }
            try client.attach(
                interface(link, of: network, slot: slot, record), tap.descriptors.rawValues)
            record.interfaces[index].tap = tap.index
        } catch {
            remove([carried], in: namespace)
            record.interfaces.remove(at: index)
            try? directory.write(record)
            throw error
        }
        try directory.write(record)
    }

    private static func interface(
        _ link: Link, of network: HostNetwork, slot: UInt32, _ record: StateRecord
    ) throws(RuntimeError) -> NetworkInterface {
        var interface = network.interface(link, slot: slot)
        try NetworkRates(record.annotations).apply(to: &interface)
        return interface
    }

    /// What the guest says to it does not matter: the card has no tap any more.
    private static func detach(
        _ carried: CarriedInterface, in namespace: NetworkNamespace, _ client: inout SandboxClient
    ) throws(RuntimeError) {
        remove([carried], in: namespace)
        do throws(RuntimeError) {
            try client.detach(carried.slot)
        } catch .container(_) {
        }
    }

    /// Packets are as long on both ends.
    private static func adjust(
        _ tap: Link, to link: Link, in namespace: NetworkNamespace
    ) throws(RuntimeError) {
        guard tap.mtu != link.mtu else { return }
        var change = LinkChange()
        change.mtu = link.mtu
        try wrap { () throws(NetlinkError) in
            try namespace.enter { () throws(NetlinkError) in
                var socket = try RouteSocket()
                try socket.perform(.change(link: tap.index, change))
            }
        }
    }

    /// How many interfaces the namespace at a path has to carry over; 0 where it is this process's own.
    static func linkCount(in path: String) throws(RuntimeError) -> Int {
        guard let namespace = NetworkNamespace(path) else { return 0 }
        let links = try wrap { () throws(NetlinkError) in
            try namespace.enter { () throws(NetlinkError) in
                var socket = try RouteSocket()
                return try socket.links()
            }
        }
        return HostNetwork.carried(links).count
    }

    /// Hears of what happens in the namespace from now on; nil where it is this process's own.
    static func listen(of process: Int32) throws(RuntimeError) -> OwnedFD? {
        guard let namespace = NetworkNamespace(path(of: process)) else { return nil }
        return try wrap { () throws(NetlinkError) in
            try namespace.enter { () throws(NetlinkError) in
                try NetworkListener([.links, .addresses, .routes]).takeDescriptor()
            }
        }
    }

    /// Takes away what joins the interfaces with taps. A namespace that is not there any more is none to look after.
    static func remove(_ interfaces: [CarriedInterface], in path: String) {
        guard !interfaces.isEmpty, let namespace = NetworkNamespace(path) else { return }
        remove(interfaces, in: namespace)
    }

    /// The same, where the sandbox still is.
    static func remove(_ interfaces: [CarriedInterface], of process: Int32) {
        remove(interfaces, in: path(of: process))
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

    private static func read(
        _ namespace: NetworkNamespace
    ) throws(RuntimeError) -> HostNetwork {
        try wrap { () throws(NetlinkError) in
            try namespace.enter { () throws(NetlinkError) in
                var socket = try RouteSocket()
                var network = HostNetwork()
                network.links = try socket.links()
                network.addresses = try socket.addresses()
                network.routes = try socket.routes()
                network.neighbours = try socket.neighbours()
                return network
            }
        }
    }

    private static func remove(_ interfaces: [CarriedInterface], in namespace: NetworkNamespace) {
        let names = interfaces.map(\.name)
        try? namespace.enter { () throws(NetlinkError) in
            var socket = try RouteSocket()
            for link in try socket.links() where names.contains(link.name) {
                try? socket.perform(.deleteIngress(link: link.index))
            }
        }
    }
}
