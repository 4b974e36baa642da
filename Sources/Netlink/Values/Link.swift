/// A network interface (RTM_NEWLINK of rtnetlink(7)).
package struct Link: Equatable, Sendable {
    package var index: UInt32
    package var name: String
    /// ARPHRD_*: 1 Ethernet, 772 loopback.
    package var hardwareType: UInt16
    /// `veth`, `macvlan` and so on; nil for hardware and loopback.
    package var kind: String?
    /// 6 bytes for Ethernet; empty where there is none.
    package var address: [UInt8] = []
    /// In bytes; 0 where it has none.
    package var mtu: UInt32 = 0
    package var flags: LinkFlags
    /// Index of the bridge or the like that it belongs to.
    package var master: UInt32?
    package var statistics: LinkStatistics?

    package init(index: UInt32, name: String, hardwareType: UInt16, flags: LinkFlags) {
        self.index = index
        self.name = name
        self.hardwareType = hardwareType
        self.flags = flags
    }
}

/// IFF_* of netdevice(7), as far as somebody asks for them.
package struct LinkFlags: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let up = LinkFlags(rawValue: 0x1)
    package static let loopback = LinkFlags(rawValue: 0x8)
    package static let running = LinkFlags(rawValue: 0x40)
    package static let noARP = LinkFlags(rawValue: 0x80)
    package static let promiscuous = LinkFlags(rawValue: 0x100)
    package static let lowerUp = LinkFlags(rawValue: 0x1_0000)
}

/// The first fields of struct rtnl_link_stats64 (linux/if_link.h).
package struct LinkStatistics: Equatable, Sendable {
    package struct Direction: Equatable, Sendable {
        package var packets: UInt64
        package var bytes: UInt64
        package var errors: UInt64
        package var drops: UInt64
    }

    package var received: Direction
    package var sent: Direction
}

extension Link {
    private enum Attribute {
        static let address: UInt16 = 1
        static let name: UInt16 = 3
        static let mtu: UInt16 = 4
        static let master: UInt16 = 10
        static let information: UInt16 = 18
        static let kind: UInt16 = 1
        static let statistics64: UInt16 = 23
    }

    /// What a message says; nil where it is not about a link.
    package init?(_ message: NetlinkMessage) throws(NetlinkError) {
        guard [MessageType.newLink, MessageType.deleteLink].contains(message.type) else {
            return nil
        }
        // struct ifinfomsg.
        let header = MessageBytes(message.payload)
        // Bridges speak of their ports, with a family of their own.
        guard try header.integer(at: 0, "family of a link") == UInt8(0) else { return nil }
        hardwareType = try header.integer(at: 2, "type of a link")
        index = try header.integer(at: 4, "index of a link")
        flags = LinkFlags(rawValue: try header.integer(at: 8, "flags of a link"))
        let attributes = try Attributes(header.from(16, "link"))
        name = attributes.string(Attribute.name) ?? ""
        kind = try attributes.nested(Attribute.information).string(Attribute.kind)
        address = Array(attributes[Attribute.address] ?? [])
        mtu = try attributes.integer(Attribute.mtu) ?? 0
        master = try attributes.integer(Attribute.master)
        statistics = try attributes[Attribute.statistics64].map(LinkStatistics.init(_:))
    }
}

extension LinkStatistics {
    /// Packets, bytes, errors and drops of both directions take turns.
    fileprivate init(_ bytes: ArraySlice<UInt8>) throws(NetlinkError) {
        let bytes = MessageBytes(bytes)
        func direction(_ start: Int) throws(NetlinkError) -> Direction {
            Direction(
                packets: try bytes.integer(at: start, "statistics of a link"),
                bytes: try bytes.integer(at: start + 16, "statistics of a link"),
                errors: try bytes.integer(at: start + 32, "statistics of a link"),
                drops: try bytes.integer(at: start + 48, "statistics of a link"))
        }
        received = try direction(0)
        sent = try direction(8)
    }
}
