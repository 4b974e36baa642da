internal import Netlink
internal import Protocols

/// The addresses of a network of user space, which are the same for all containers: each has a network for itself.
struct UserAddresses {
    private static let hardwareAddress: [UInt8] = [0x52, 0x55, 10, 0, 2, 15]
    private static let mtu: UInt32 = 65520
    private static let nameServer = "10.0.2.3"

    private struct Family {
        var address: [UInt8]
        var length: UInt32
        var gateway: [UInt8]
    }

    private static let four = Family(
        address: [10, 0, 2, 15], length: 24, gateway: [10, 0, 2, 2])
    /// fd76:6d72:756e::15 and fe80::2.
    private static let six = Family(
        address: [0xfd, 0x76, 0x6d, 0x72, 0x75, 0x6e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x15], length: 64,
        gateway: [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2])

    /// Whether the guest has addresses of that family, too.
    let hasIPv6: Bool

    private var families: [Family] { hasIPv6 ? [Self.four, Self.six] : [Self.four] }

    /// passt's.
    var options: [String] {
        let text = { (bytes: [UInt8]) in IPAddress(bytes)?.description ?? "" }
        return families.flatMap {
            ["--address", text($0.address), "--gateway", text($0.gateway)]
        } + [
            "--netmask", "\(Self.four.length)", "--dns-forward", Self.nameServer,
            "--mtu", "\(Self.mtu)",
        ]
    }

    /// The guest's `eth0`.
    var interface: NetworkInterface {
        var interface = NetworkInterface()
        interface.name = "eth0"
        interface.hardwareAddress = Self.hardwareAddress
        interface.mtu = Self.mtu
        interface.isStream = true
        for family in families {
            var address = NetworkInterface.Address()
            address.address = family.address
            address.prefixLength = family.length
            let flags: LinkAddress.Flags = [.permanent, .noDuplicateDetection]
            address.flags = flags.rawValue
            interface.addresses.append(address)
            var route = NetworkInterface.Route()
            route.destination = [UInt8](repeating: 0, count: family.address.count)
            route.gateway = family.gateway
            route.origin = UInt32(Route.Origin.boot.rawValue)
            route.kind = UInt32(Route.Kind.unicast.rawValue)
            interface.routes.append(route)
        }
        return interface
    }

    /// A frame that asks who has the gateway's address (RFC 826).
    var question: [UInt8] {
        let own = Self.hardwareAddress
        let ethernet = [UInt8](repeating: 0xff, count: 6) + own + [0x08, 0x06]
        // Ethernet, IPv4, lengths of their addresses, request.
        let kind: [UInt8] = [0, 1, 0x08, 0, 6, 4, 0, 1]
        return ethernet + kind + own + Self.four.address + [UInt8](repeating: 0, count: 6)
            + Self.four.gateway
    }
}
