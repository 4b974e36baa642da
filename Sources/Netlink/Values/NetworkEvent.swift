/// Something that was made or changed, or that was removed.
package enum NetworkEvent: Equatable, Sendable {
    case link(Link)
    case linkRemoved(Link)
    case address(LinkAddress)
    case addressRemoved(LinkAddress)
    /// Of any table.
    case route(Route)
    case routeRemoved(Route)
    case neighbour(Neighbour)
    case neighbourRemoved(Neighbour)

    /// What a message says; nil where it says something else.
    package init?(_ message: NetlinkMessage) throws(NetlinkError) {
        // Of one type, each value takes itself only.
        let removed = Self.removals.contains(message.type)
        if let link = try Link(message) {
            self = removed ? .linkRemoved(link) : .link(link)
        } else if let address = try LinkAddress(message) {
            self = removed ? .addressRemoved(address) : .address(address)
        } else if let route = try Route(message) {
            self = removed ? .routeRemoved(route) : .route(route)
        } else if let neighbour = try Neighbour(message) {
            self = removed ? .neighbourRemoved(neighbour) : .neighbour(neighbour)
        } else {
            return nil
        }
    }

    private static let removals = [
        MessageType.deleteLink, MessageType.deleteAddress, MessageType.deleteRoute,
        MessageType.deleteNeighbour,
    ]
}
