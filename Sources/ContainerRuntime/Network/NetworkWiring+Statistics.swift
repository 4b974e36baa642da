internal import Netlink

extension NetworkWiring {
    /// What has gone through the interfaces, seen from the container; empty where nothing is known.
    static func statistics(_ interfaces: [CarriedInterface], of process: Int32)
        -> [InterfaceStatistics]
    {
        guard !interfaces.isEmpty, let namespace = NetworkNamespace(path(of: process)) else {
            return []
        }
        let links = try? namespace.enter { () throws(NetlinkError) in
            var socket = try RouteSocket()
            return try socket.links()
        }
        return interfaces.compactMap { interface in
            let link = links?.first { $0.name == interface.name }
            guard let counts = link?.statistics else {
                return nil
            }
            return InterfaceStatistics(name: interface.name, counts: counts)
        }
    }
}
