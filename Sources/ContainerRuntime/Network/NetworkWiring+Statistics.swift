internal import Netlink

extension NetworkWiring {
    /// What has gone through the interfaces, seen from the container; empty where nothing is known.
    static func statistics(_ names: [String], of process: Int32) -> [InterfaceStatistics] {
        guard !names.isEmpty, let namespace = NetworkNamespace(path(of: process)) else { return [] }
        let links = try? namespace.enter { () throws(NetlinkError) in
            var socket = try RouteSocket()
            return try socket.links()
        }
        return names.compactMap { name in
            guard let counts = links?.first(where: { $0.name == name })?.statistics else {
                return nil
            }
            return InterfaceStatistics(name: name, counts: counts)
        }
    }
}
