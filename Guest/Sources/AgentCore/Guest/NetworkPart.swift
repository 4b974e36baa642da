internal import Netlink

/// Something that a network interface has.
enum NetworkPart: Equatable {
    case address(LinkAddress)
    case route(Route)
    case neighbour(Neighbour)

    /// Takes the place of what is like it.
    var addition: NetlinkRequest {
        switch self {
        case .address(let address): address.addition
        case .route(let route): route.addition
        case .neighbour(let neighbour): neighbour.addition
        }
    }

    /// An error of the kernel where it is not there.
    var removal: NetlinkRequest {
        switch self {
        case .address(let address): address.removal
        case .route(let route): route.removal
        case .neighbour(let neighbour): neighbour.removal
        }
    }
}
