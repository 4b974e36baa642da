/// What is to be changed about a link; nil stays as it is.
package struct LinkChange: Equatable, Sendable {
    /// At most 15 bytes.
    package var name: String?
    /// 6 bytes for Ethernet.
    package var address: [UInt8]?
    /// In bytes.
    package var mtu: UInt32?
    package var isUp: Bool?
    /// A descriptor of the network namespace that the link moves to.
    package var namespace: Int32?

    package init() {}
}

extension NetlinkRequest {
    private enum Attribute {
        static let address: UInt16 = 1
        static let name: UInt16 = 3
        static let mtu: UInt16 = 4
        static let namespace: UInt16 = 28
    }

    /// RTM_SETLINK: changes a link, all at once. EBUSY where it is up and its name or address cannot be changed then.
    package static func change(link: UInt32, _ change: LinkChange) -> NetlinkRequest {
        var request = NetlinkRequest(
            MessageType.setLink, .acknowledge, header(link: link, up: change.isUp))
        var attributes = AttributeList()
        if let namespace = change.namespace { attributes.add(Attribute.namespace, namespace) }
        if let name = change.name { attributes.add(Attribute.name, name) }
        if let address = change.address { attributes.add(Attribute.address, address) }
        if let mtu = change.mtu { attributes.add(Attribute.mtu, mtu) }
        request.append(attributes)
        return request
    }

    /// RTM_GETLINK of one link; ENODEV where there is none.
    package static func link(index: UInt32) -> NetlinkRequest {
        NetlinkRequest(MessageType.getLink, [], header(link: index, up: nil))
    }

    /// RTM_GETLINK of one link; ENODEV where there is none.
    package static func link(name: String) -> NetlinkRequest {
        var request = NetlinkRequest(MessageType.getLink, [], header(link: 0, up: nil))
        var attributes = AttributeList()
        attributes.add(Attribute.name, name)
        request.append(attributes)
        return request
    }

    /// RTM_DELLINK.
    package static func delete(link: UInt32) -> NetlinkRequest {
        NetlinkRequest(MessageType.deleteLink, .acknowledge, header(link: link, up: nil))
    }

    /// struct ifinfomsg: family, type, index, flags, which of them count.
    private static func header(link: UInt32, up: Bool?) -> [UInt8] {
        let flag = LinkFlags.up.rawValue
        return [0, 0, 0, 0] + link.messageBytes + (up == true ? flag : 0).messageBytes
            + (up == nil ? 0 : flag).messageBytes
    }
}
