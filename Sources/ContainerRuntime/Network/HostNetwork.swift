internal import Netlink
internal import Protocols

/// What a network namespace of the host has, for the guest's network cards. A value: it is read elsewhere.
struct HostNetwork {
    var links: [Link] = []
    var addresses: [LinkAddress] = []
    var routes: [Route] = []
    var neighbours: [Neighbour] = []

    /// What errors name.
    static let field = "the container's network"

    /// ARPHRD_ETHER of linux/if_arp.h: what an Ethernet card can stand for.
    private static let ethernet: UInt16 = 1

    /// Begins the names of the taps that are ours.
    static let tapPrefix = "vmrun"

    private static func isCarriedOver(_ link: Link) -> Bool {
        link.hardwareType == ethernet && !link.flags.contains(.loopback)
            && link.master == nil && link.kind != "bridge" && !link.name.hasPrefix(tapPrefix)
    }

    /// Those of the links that containers can have.
    static func carried(_ links: [Link]) -> [Link] { links.filter(isCarriedOver) }

    /// The interface as it is now, with its tap; nil where either is gone, or the interface is another one.
    func ends(of carried: CarriedInterface) -> (link: Link, tap: Link)? {
        guard carried.tap != 0, let tap = links.first(where: { $0.index == carried.tap }),
            let link = links.first(where: { $0.index == carried.link }),
            link.name == carried.name, Self.isCarriedOver(link)
        else { return nil }
        return (link, tap)
    }

    /// The links that are to be carried over, in the order in which they were made; `known` are already. An error where
    /// they are more than the machine has cards left, or another machine's.
    func newLinks(_ known: [CarriedInterface], cards: UInt32) throws(RuntimeError) -> [Link] {
        let indices = known.map(\.link)
        let new = Self.carried(links).filter { !indices.contains($0.index) }
            .sorted { $0.index < $1.index }
        guard !new.isEmpty else { return [] }
        let own = known.map(\.tap)
        let others = links.filter {
            $0.name.hasPrefix(Self.tapPrefix) && !own.contains($0.index)
        }
        guard others.isEmpty else {
            throw .unsupported(
                path: Self.field,
                reason: "another container has its interfaces "
                    + "(\(others.map(\.name).joined(separator: ", ")))")
        }
        guard known.count + new.count <= cards else {
            let names = (known.map(\.name) + new.map(\.name)).joined(separator: ", ")
            throw .unsupported(
                path: Self.field,
                reason: "interfaces \(names): the machine has \(cards) network cards; "
                    + "\(SandboxPlan.cardsAnnotation) says how many, up to \(NetworkSlot.maximumCount)"
            )
        }
        return new
    }

    /// What the guest is to make of a card.
    func interface(_ link: Link, slot: UInt32) -> NetworkInterface {
        var interface = NetworkInterface()
        interface.slot = slot
        interface.name = link.name
        interface.hardwareAddress = link.address
        interface.mtu = link.mtu
        interface.isDown = !link.flags.contains(.up)
        interface.addresses = addresses.filter { $0.link == link.index }.map(Self.address)
        interface.routes = routes(of: link).map(Self.route)
        interface.neighbours = neighbours.filter {
            $0.link == link.index && $0.state.contains(.permanent) && $0.linkAddress.count == 6
        }.map {
            NetworkInterface.Neighbour(
                address: $0.address.bytes, hardwareAddress: $0.linkAddress)
        }
        return interface
    }

    /// Those that somebody has made: the kernel makes its own with the addresses, and routers tell the guest theirs.
    /// Routes to gateways need those to the gateways before them.
    private func routes(of link: Link) -> [Route] {
        let own = routes.filter {
            $0.link == link.index && $0.origin != .kernel && $0.origin != .routerAdvertisement
        }
        return own.filter { $0.gateway == nil } + own.filter { $0.gateway != nil }
    }

    private static func address(_ entry: LinkAddress) -> NetworkInterface.Address {
        var address = NetworkInterface.Address()
        address.address = entry.prefix.address.bytes
        address.prefixLength = UInt32(entry.prefix.length)
        address.peer = entry.peer?.bytes ?? []
        address.broadcast = entry.broadcast?.bytes ?? []
        address.scope = UInt32(entry.scope.rawValue)
        // It is in use already: nobody else has it.
        var flags = entry.flags.intersection([.permanent, .noPrefixRoute])
        if entry.prefix.address.family == .ipv6 { flags.insert(.noDuplicateDetection) }
        address.flags = flags.rawValue
        return address
    }

    private static func route(_ entry: Route) -> NetworkInterface.Route {
        var route = NetworkInterface.Route()
        route.destination = entry.destination.address.bytes
        route.prefixLength = UInt32(entry.destination.length)
        route.gateway = entry.gateway?.bytes ?? []
        route.preferredSource = entry.preferredSource?.bytes ?? []
        route.metric = entry.metric ?? 0
        route.mtu = entry.mtu ?? 0
        route.scope = UInt32(entry.scope.rawValue)
        route.origin = UInt32(entry.origin.rawValue)
        route.kind = UInt32(entry.kind.rawValue)
        route.onLink = entry.onLink
        return route
    }
}
