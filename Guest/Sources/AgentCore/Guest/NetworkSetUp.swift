internal import Glibc
internal import Linux
internal import Netlink
internal import Protocols

/// Interfaces of containers, made of the machine's network cards.
enum NetworkSetUp {
    /// Moves the card of the slot into the network namespace of a process and makes it the interface.
    static func carryOut(
        _ interface: NetworkInterface, in process: Int32
    ) throws(Failure) {
        do throws(NetlinkError) {
            let namespace = try open("/proc/\(process)/ns/net")
            try move(interface, to: namespace)
            var socket = try within(namespace)
            let link = try socket.link(named: interface.name).index
            for request in try requests(interface, link) { try socket.perform(request) }
        } catch {
            throw Failure(
                message: "configure the network interface \(interface.name): \(error)")
        }
    }

    private static func open(_ path: String) throws(NetlinkError) -> OwnedFD {
        do throws(Errno) { return try OwnedFD.open(path, O_RDONLY) } catch { throw .system(error) }
    }

    /// One request: the kernel moves the link before it changes the rest of it.
    private static func move(
        _ interface: NetworkInterface, to namespace: borrowing OwnedFD
    ) throws(NetlinkError) {
        var socket = try RouteSocket()
        let address = NetworkSlot.address(interface.slot)
        guard let card = try socket.links().first(where: { $0.address == address }) else {
            throw .refused(Errno(rawValue: ENODEV), text: "no card in slot \(interface.slot)")
        }
        var change = LinkChange()
        change.namespace = namespace.rawValue
        change.name = interface.name
        change.address = interface.hardwareAddress
        change.mtu = interface.mtu
        change.isUp = true
        try socket.perform(.change(link: card.index, change))
    }

    /// A socket that works on a namespace. The agent goes there to make it, and comes back.
    private static func within(
        _ namespace: borrowing OwnedFD
    ) throws(NetlinkError) -> RouteSocket {
        let own = try open("/proc/self/ns/net")
        try enter(namespace)
        let socket: RouteSocket
        do throws(NetlinkError) {
            socket = try RouteSocket()
        } catch {
            try enter(own)
            throw error
        }
        try enter(own)
        return socket
    }

    private static func enter(_ namespace: borrowing OwnedFD) throws(NetlinkError) {
        do throws(Errno) {
            try SystemCall.setns(Int64(namespace.rawValue), Int64(CloneFlags.network))
        } catch {
            throw .system(error)
        }
    }

    /// Addresses first: routes may need them.
    static func requests(
        _ interface: NetworkInterface, _ link: UInt32
    ) throws(NetlinkError) -> [NetlinkRequest] {
        var requests: [NetlinkRequest] = []
        for entry in interface.addresses {
            var address = LinkAddress(
                link: link, prefix: try prefix(entry.address, entry.prefixLength))
            address.peer = try optional(entry.peer)
            address.broadcast = try optional(entry.broadcast)
            address.scope = .init(rawValue: UInt8(truncatingIfNeeded: entry.scope))
            address.flags = .init(rawValue: entry.flags)
            requests.append(address.addition)
        }
        for entry in interface.routes {
            var route = Route(to: try prefix(entry.destination, entry.prefixLength))
            route.link = link
            route.gateway = try optional(entry.gateway)
            route.preferredSource = try optional(entry.preferredSource)
            route.metric = entry.metric == 0 ? nil : entry.metric
            route.mtu = entry.mtu == 0 ? nil : entry.mtu
            route.scope = .init(rawValue: UInt8(truncatingIfNeeded: entry.scope))
            route.origin = .init(rawValue: UInt8(truncatingIfNeeded: entry.origin))
            route.kind = .init(rawValue: UInt8(truncatingIfNeeded: entry.kind))
            route.onLink = entry.onLink
            requests.append(route.addition)
        }
        for entry in interface.neighbours {
            let neighbour = Neighbour(
                link: link, address: try address(entry.address),
                linkAddress: entry.hardwareAddress)
            requests.append(neighbour.addition)
        }
        return requests
    }

    private static func address(_ bytes: [UInt8]) throws(NetlinkError) -> IPAddress {
        guard let address = IPAddress(bytes) else {
            throw .malformed("address of \(bytes.count) bytes")
        }
        return address
    }

    private static func optional(_ bytes: [UInt8]) throws(NetlinkError) -> IPAddress? {
        bytes.isEmpty ? nil : try address(bytes)
    }

    private static func prefix(
        _ bytes: [UInt8], _ length: UInt32
    ) throws(NetlinkError) -> IPPrefix {
        guard let length = UInt8(exactly: length),
            let prefix = IPPrefix(try address(bytes), length: length)
        else { throw .malformed("prefix of \(length)") }
        return prefix
    }
}
