// Requests for lists, of both families of addresses.
extension NetlinkRequest {
    package static var links: NetlinkRequest { list(MessageType.getLink, headerCount: 16) }
    package static var addresses: NetlinkRequest { list(MessageType.getAddress, headerCount: 8) }
    /// Of all tables.
    package static var routes: NetlinkRequest { list(MessageType.getRoute, headerCount: 12) }
    package static var neighbours: NetlinkRequest {
        list(MessageType.getNeighbour, headerCount: 12)
    }

    /// AF_UNSPEC, and nothing else that would restrict the list.
    private static func list(_ type: UInt16, headerCount: Int) -> NetlinkRequest {
        NetlinkRequest(type, .dump, [UInt8](repeating: 0, count: headerCount))
    }
}
