internal import Glibc
internal import Linux
internal import Netlink
internal import Protocols

/// Interfaces of containers, made of the machine's network cards.
enum NetworkSetUp {
    /// An interface that a card is.
    struct Carried {
        /// In the container's namespace.
        let link: UInt32
        /// What the host wants of it.
        var interface: NetworkInterface
    }

    /// Moves the card of the slot into the network namespace of a process and makes it the interface; those of the kernel
    /// parameters that are the interface's are set last. Where that fails, the card comes back.
    static func carryOut(
        _ interface: NetworkInterface, in process: Int32, sysctls: [Assignment] = []
    ) throws(Failure) -> Carried {
        try wrap(interface.name) { () throws(NetlinkError) in
            let namespace = try open("/proc/\(process)/ns/net")
            try move(interface, to: namespace)
            var socket = try within(namespace)
            let carried = Carried(
                link: try socket.link(named: interface.name).index, interface: interface)
            do throws(NetlinkError) {
                for part in try parts(interface, carried.link) {
                    try socket.perform(part.addition)
                }
                try set(
                    sysctls.filter { Sysctl.interface($0.name) == interface.name }, in: namespace)
            } catch {
                try? takeBack(carried, &socket)
                throw error
            }
            return carried
        }
    }

    /// Makes of an interface what the host has made of it since. What cannot be done is tried again with the next change;
    /// the first such thing is the error.
    static func change(
        _ carried: inout Carried, to interface: NetworkInterface, in process: Int32
    ) throws(Failure) {
        let old = carried.interface
        guard interface != old else { return }
        // All that may be there from now on.
        carried.interface = interface
        carried.interface.addresses += old.addresses
        carried.interface.routes += old.routes
        carried.interface.neighbours += old.neighbours
        let link = carried.link
        try wrap(interface.name) { () throws(NetlinkError) in
            var socket = try within(open("/proc/\(process)/ns/net"))
            let wanted = try parts(interface, link)
            for part in try parts(old, link).reversed() where !wanted.contains(part) {
                // The kernel has taken some away with others, and the container may have done so.
                try? socket.perform(part.removal)
            }
            var change = LinkChange()
            change.address = interface.hardwareAddress
            change.mtu = interface.mtu
            change.isUp = !interface.isDown
            try socket.perform(.change(link: link, change))
            var failure: NetlinkError?
            for part in wanted {
                do throws(NetlinkError) {
                    try socket.perform(part.addition)
                } catch {
                    failure = failure ?? error
                }
            }
            if let failure { throw failure }
        }
        carried.interface = interface
    }

    /// Brings the card back from the container's namespace.
    static func remove(_ carried: Carried, in process: Int32) throws(Failure) {
        try wrap(carried.interface.name) { () throws(NetlinkError) in
            var socket = try within(open("/proc/\(process)/ns/net"))
            try takeBack(carried, &socket)
        }
    }

    private static func wrap<Result>(
        _ name: String, _ body: () throws(NetlinkError) -> Result
    ) throws(Failure) -> Result {
        do throws(NetlinkError) {
            return try body()
        } catch {
            throw Failure(message: "configure the network interface \(name): \(error)")
        }
    }

    /// Its addresses and routes go with the move.
    private static func takeBack(
        _ carried: Carried, _ socket: inout RouteSocket
    ) throws(NetlinkError) {
        let own = try open("/proc/self/ns/net")
        var change = LinkChange()
        change.namespace = own.rawValue
        change.address = NetworkSlot.address(carried.interface.slot)
        change.isUp = false
        try socket.perform(.change(link: carried.link, change))
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
        if interface.isStream {
            do throws(Errno) {
                try Interfaces.computeChecksums(card.name)
            } catch {
                throw .system(error)
            }
        }
        var change = LinkChange()
        change.namespace = namespace.rawValue
        change.name = interface.name
        change.address = interface.hardwareAddress
        change.mtu = interface.mtu
        change.isUp = !interface.isDown
        try socket.perform(.change(link: card.index, change))
    }

    /// A socket that works on a namespace.
    private static func within(
        _ namespace: borrowing OwnedFD
    ) throws(NetlinkError) -> RouteSocket {
        try visit(namespace) { () throws(NetlinkError) in try RouteSocket() }
    }

    /// /proc/sys/net is that of the namespace of whoever looks.
    private static func set(
        _ sysctls: [Assignment], in namespace: borrowing OwnedFD
    ) throws(NetlinkError) {
        guard !sysctls.isEmpty else { return }
        try visit(namespace) { () throws(NetlinkError) in
            for sysctl in sysctls {
                do throws(Errno) {
                    try KernelFile.write(
                        sysctl.value, to: "/proc/sys" + Path.clean(Sysctl.path(sysctl.name)))
                } catch {
                    throw .refused(error, text: "write sysctl \"\(sysctl.name)\"")
                }
            }
        }
    }

    /// The agent goes to a namespace, and comes back.
    private static func visit<Result: ~Copyable>(
        _ namespace: borrowing OwnedFD, _ body: () throws(NetlinkError) -> Result
    ) throws(NetlinkError) -> Result {
        let own = try open("/proc/self/ns/net")
        try enter(namespace)
        let result: Result
        do throws(NetlinkError) {
            result = try body()
        } catch {
            try enter(own)
            throw error
        }
        try enter(own)
        return result
    }

    private static func enter(_ namespace: borrowing OwnedFD) throws(NetlinkError) {
        do throws(Errno) {
            try SystemCall.setns(Int64(namespace.rawValue), Int64(CloneFlags.network))
        } catch {
            throw .system(error)
        }
    }

    /// Addresses first: routes may need them.
    static func parts(
        _ interface: NetworkInterface, _ link: UInt32
    ) throws(NetlinkError) -> [NetworkPart] {
        var parts: [NetworkPart] = []
        for entry in interface.addresses {
            var address = LinkAddress(
                link: link, prefix: try prefix(entry.address, entry.prefixLength))
            address.peer = try optional(entry.peer)
            address.broadcast = try optional(entry.broadcast)
            address.scope = .init(rawValue: UInt8(truncatingIfNeeded: entry.scope))
            address.flags = .init(rawValue: entry.flags)
            parts.append(.address(address))
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
            parts.append(.route(route))
        }
        for entry in interface.neighbours {
            parts.append(
                .neighbour(
                    Neighbour(
                        link: link, address: try address(entry.address),
                        linkAddress: entry.hardwareAddress)))
        }
        return parts
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
