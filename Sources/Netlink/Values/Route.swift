/// A route (RTM_NEWROUTE of rtnetlink(7)).
package struct Route: Equatable, Sendable {
    /// Where it leads to; a length of 0 is the default.
    package var destination: IPPrefix
    /// Of the other family in rare cases (RTA_VIA).
    package var gateway: IPAddress?
    /// The interface that it leaves through.
    package var link: UInt32?
    /// The source address of what is sent from here.
    package var preferredSource: IPAddress?
    /// Smaller is better.
    package var metric: UInt32?
    /// In bytes, where it is not the link's.
    package var mtu: UInt32?
    package var scope: LinkAddress.Scope = .universe
    /// RTPROT_*: who has made it.
    package var origin: Origin = .boot
    package var kind: Kind = .unicast
    /// The gateway is reachable though no route leads to it (RTNH_F_ONLINK).
    package var onLink = false
    package var table = Route.mainTable
    /// There are several next hops (RTA_MULTIPATH), of which nothing is known here.
    package internal(set) var hasSeveralHops = false

    /// RT_TABLE_MAIN.
    package static let mainTable: UInt32 = 254

    package struct Origin: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// The kernel itself, with an address for example.
        package static let kernel = Origin(rawValue: 2)
        package static let boot = Origin(rawValue: 3)
        package static let administrator = Origin(rawValue: 4)
        package static let routerAdvertisement = Origin(rawValue: 9)
    }

    /// RTN_*.
    package struct Kind: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        package static let unicast = Kind(rawValue: 1)
        package static let local = Kind(rawValue: 2)
        package static let broadcast = Kind(rawValue: 3)
        package static let anycast = Kind(rawValue: 4)
        package static let multicast = Kind(rawValue: 5)
        package static let blackhole = Kind(rawValue: 6)
        package static let unreachable = Kind(rawValue: 7)
        package static let prohibit = Kind(rawValue: 8)
    }

    package init(to destination: IPPrefix) {
        self.destination = destination
    }
}

/// Numbers of linux/rtnetlink.h.
private enum Attribute {
    static let destination: UInt16 = 1
    static let outgoing: UInt16 = 4
    static let gateway: UInt16 = 5
    static let priority: UInt16 = 6
    static let preferredSource: UInt16 = 7
    static let metrics: UInt16 = 8
    static let multiPath: UInt16 = 9
    static let table: UInt16 = 15
    static let via: UInt16 = 18
    /// RTAX_MTU, in the metrics.
    static let mtu: UInt16 = 2
    static let onLink: UInt32 = 4
    /// RTM_F_CLONED: an exception that was learnt, not a route.
    static let cloned: UInt32 = 0x200
}

extension Route {
    /// What a message says; nil where it is not about an IP route.
    package init?(_ message: NetlinkMessage) throws(NetlinkError) {
        guard [MessageType.newRoute, MessageType.deleteRoute].contains(message.type) else {
            return nil
        }
        // struct rtmsg.
        let header = MessageBytes(message.payload)
        let family: UInt8 = try header.integer(at: 0, "family of a route")
        let flags: UInt32 = try header.integer(at: 8, "flags of a route")
        guard let family = AddressFamily(rawValue: family), flags & Attribute.cloned == 0 else {
            return nil
        }
        let length: UInt8 = try header.integer(at: 1, "prefix of a route")
        let attributes = try Attributes(header.from(12, "route"))
        let address = try attributes.address(Attribute.destination)
        guard let address = address ?? IPAddress(family.unspecified), address.family == family,
            let destination = IPPrefix(address, length: length)
        else { throw .malformed("route with a prefix of \(length)") }
        self.init(to: destination)
        let table: UInt8 = try header.integer(at: 4, "table of a route")
        self.table = try attributes.integer(Attribute.table) ?? UInt32(table)
        origin = Origin(rawValue: try header.integer(at: 5, "origin of a route"))
        scope = .init(rawValue: try header.integer(at: 6, "scope of a route"))
        kind = Kind(rawValue: try header.integer(at: 7, "type of a route"))
        onLink = flags & Attribute.onLink != 0
        try read(attributes)
    }

    private mutating func read(_ attributes: Attributes) throws(NetlinkError) {
        gateway = try attributes.address(Attribute.gateway)
        if let via = attributes[Attribute.via] {
            // struct rtvia: a family of 2 bytes, the address.
            gateway = IPAddress(Array(via.dropFirst(2)))
            guard gateway != nil else { throw .malformed("gateway of a route") }
        }
        link = try attributes.integer(Attribute.outgoing)
        preferredSource = try attributes.address(Attribute.preferredSource)
        metric = try attributes.integer(Attribute.priority)
        mtu = try attributes.nested(Attribute.metrics).integer(Attribute.mtu)
        hasSeveralHops = attributes[Attribute.multiPath] != nil
    }

    /// Makes the route, in place of one with the same destination and metric.
    package var addition: NetlinkRequest {
        request(MessageType.newRoute, [.acknowledge, .create, .replace])
    }

    /// Takes the route away; ESRCH where there is none like it.
    package var removal: NetlinkRequest {
        request(MessageType.deleteRoute, .acknowledge)
    }

    private func request(_ type: UInt16, _ flags: MessageFlags) -> NetlinkRequest {
        var request = NetlinkRequest(type, flags, header)
        var attributes = AttributeList()
        if destination.length > 0 {
            attributes.add(Attribute.destination, destination.address.bytes)
        }
        if let gateway {
            if gateway.family == destination.address.family {
                attributes.add(Attribute.gateway, gateway.bytes)
            } else {
                attributes.add(
                    Attribute.via, UInt16(gateway.family.rawValue).messageBytes + gateway.bytes)
            }
        }
        if let link { attributes.add(Attribute.outgoing, link) }
        if let preferredSource { attributes.add(Attribute.preferredSource, preferredSource.bytes) }
        if let metric { attributes.add(Attribute.priority, metric) }
        if let mtu { attributes.add(Attribute.metrics) { $0.add(Attribute.mtu, mtu) } }
        attributes.add(Attribute.table, table)
        request.append(attributes)
        return request
    }

    private var header: [UInt8] {
        // RT_TABLE_COMPAT, where the number does not fit: the attribute counts.
        let table = UInt8(exactly: table) ?? 252
        return [
            destination.address.family.rawValue, destination.length, 0, 0, table, origin.rawValue,
            scope.rawValue, kind.rawValue,
        ] + (onLink ? Attribute.onLink : 0).messageBytes
    }
}
