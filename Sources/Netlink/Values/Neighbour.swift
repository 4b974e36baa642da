/// Who has an IP address on a link (RTM_NEWNEIGH of rtnetlink(7)).
package struct Neighbour: Equatable, Sendable {
    package var link: UInt32
    package var address: IPAddress
    /// 6 bytes for Ethernet; empty where it is not known.
    package var linkAddress: [UInt8]
    package var state: State = .permanent

    /// NUD_* of linux/neighbour.h.
    package struct State: OptionSet, Sendable {
        package let rawValue: UInt16

        package init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        package static let reachable = State(rawValue: 0x02)
        package static let stale = State(rawValue: 0x04)
        package static let noARP = State(rawValue: 0x40)
        package static let permanent = State(rawValue: 0x80)
    }

    package init(link: UInt32, address: IPAddress, linkAddress: [UInt8]) {
        self.link = link
        self.address = address
        self.linkAddress = linkAddress
    }
}

extension Neighbour {
    private enum Attribute {
        static let destination: UInt16 = 1
        static let linkAddress: UInt16 = 2
    }

    /// What a message says; nil where it is not about a neighbour of IP.
    package init?(_ message: NetlinkMessage) throws(NetlinkError) {
        guard [MessageType.newNeighbour, MessageType.deleteNeighbour].contains(message.type) else {
            return nil
        }
        // struct ndmsg.
        let header = MessageBytes(message.payload)
        let family: UInt8 = try header.integer(at: 0, "family of a neighbour")
        let state: UInt16 = try header.integer(at: 8, "state of a neighbour")
        let attributes = try Attributes(header.from(12, "neighbour"))
        guard AddressFamily(rawValue: family) != nil,
            let address = try attributes.address(Attribute.destination)
        else { return nil }
        self.init(
            link: try header.integer(at: 4, "link of a neighbour"), address: address,
            linkAddress: Array(attributes[Attribute.linkAddress] ?? []))
        self.state = State(rawValue: state)
    }

    /// Makes the entry, in place of one for the same address.
    package var addition: NetlinkRequest {
        var request = NetlinkRequest(
            MessageType.newNeighbour, [.acknowledge, .create, .replace], header)
        var attributes = AttributeList()
        attributes.add(Attribute.destination, address.bytes)
        if !linkAddress.isEmpty { attributes.add(Attribute.linkAddress, linkAddress) }
        request.append(attributes)
        return request
    }

    /// Takes the entry away; ENOENT where there is none for the address.
    package var removal: NetlinkRequest {
        var request = NetlinkRequest(MessageType.deleteNeighbour, .acknowledge, header)
        var attributes = AttributeList()
        attributes.add(Attribute.destination, address.bytes)
        request.append(attributes)
        return request
    }

    private var header: [UInt8] {
        [address.family.rawValue, 0, 0, 0] + link.messageBytes + state.rawValue.messageBytes
            + [0, 0]
    }
}
