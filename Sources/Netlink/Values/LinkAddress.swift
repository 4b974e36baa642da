/// An IP address of a network interface (RTM_NEWADDR of rtnetlink(7)).
package struct LinkAddress: Equatable, Sendable {
    /// Of the interface.
    package var link: UInt32
    /// The interface's own address with the length of its network.
    package var prefix: IPPrefix
    /// The other end of a point-to-point link.
    package var peer: IPAddress?
    package var broadcast: IPAddress?
    package var scope: Scope = .universe
    package var flags: Flags = []

    /// RT_SCOPE_*: how far an address or route is valid.
    package struct Scope: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        package static let universe = Scope(rawValue: 0)
        package static let link = Scope(rawValue: 253)
        package static let host = Scope(rawValue: 254)
    }

    /// IFA_F_* of linux/if_addr.h.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// Not the first of its network.
        package static let secondary = Flags(rawValue: 0x01)
        /// In use without a search for duplicates.
        package static let noDuplicateDetection = Flags(rawValue: 0x02)
        package static let tentative = Flags(rawValue: 0x40)
        /// Without a time at which it ends.
        package static let permanent = Flags(rawValue: 0x80)
        /// No route to its network comes with it.
        package static let noPrefixRoute = Flags(rawValue: 0x200)
    }

    package init(link: UInt32, prefix: IPPrefix) {
        self.link = link
        self.prefix = prefix
    }
}

extension LinkAddress {
    private enum Attribute {
        static let address: UInt16 = 1
        static let local: UInt16 = 2
        static let broadcast: UInt16 = 4
        static let flags: UInt16 = 8
    }

    /// What a message says; nil where it is not about an IP address.
    package init?(_ message: NetlinkMessage) throws(NetlinkError) {
        guard [MessageType.newAddress, MessageType.deleteAddress].contains(message.type) else {
            return nil
        }
        // struct ifaddrmsg.
        let header = MessageBytes(message.payload)
        let family: UInt8 = try header.integer(at: 0, "family of an address")
        guard AddressFamily(rawValue: family) != nil else { return nil }
        let length: UInt8 = try header.integer(at: 1, "prefix of an address")
        let attributes = try Attributes(header.from(8, "address"))
        // IFA_ADDRESS is the peer's where there is a peer.
        let address = try attributes.address(Attribute.address)
        let local = try attributes.address(Attribute.local)
        guard let own = local ?? address, let prefix = IPPrefix(own, length: length) else {
            throw .malformed("address with a prefix of \(length)")
        }
        self.init(link: try header.integer(at: 4, "link of an address"), prefix: prefix)
        peer = local != nil && address != local ? address : nil
        broadcast = try attributes.address(Attribute.broadcast)
        scope = Scope(rawValue: try header.integer(at: 3, "scope of an address"))
        let oldFlags: UInt8 = try header.integer(at: 2, "flags of an address")
        flags = Flags(rawValue: try attributes.integer(Attribute.flags) ?? UInt32(oldFlags))
    }

    /// Gives a link the address, in place of the same one with other properties.
    package var addition: NetlinkRequest {
        var request = NetlinkRequest(
            MessageType.newAddress, [.acknowledge, .create, .replace], header)
        var attributes = AttributeList()
        attributes.add(Attribute.local, prefix.address.bytes)
        attributes.add(Attribute.address, (peer ?? prefix.address).bytes)
        if let broadcast { attributes.add(Attribute.broadcast, broadcast.bytes) }
        attributes.add(Attribute.flags, flags.rawValue)
        request.append(attributes)
        return request
    }

    /// Takes the address from the link; EADDRNOTAVAIL where it does not have it, ENODEV where there is no such link.
    package var removal: NetlinkRequest {
        var request = NetlinkRequest(MessageType.deleteAddress, .acknowledge, header)
        var attributes = AttributeList()
        attributes.add(Attribute.local, prefix.address.bytes)
        attributes.add(Attribute.address, (peer ?? prefix.address).bytes)
        request.append(attributes)
        return request
    }

    private var header: [UInt8] {
        [
            prefix.address.family.rawValue, prefix.length,
            UInt8(truncatingIfNeeded: flags.rawValue), scope.rawValue,
        ] + link.messageBytes
    }
}
