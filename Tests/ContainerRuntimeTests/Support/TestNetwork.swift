import Glibc
import Linux
import Netlink
import NetworkTestSpace

/// A network namespace for one test, with interfaces whose other ends are in a second one. Both go with their owner and
/// those who are in them.
final class TestNetwork {
    private let inside: OwnedFD
    private let outside: OwnedFD

    /// What config.json may name.
    var path: String { Self.path(of: inside) }

    init(_ names: String...) throws {
        outside = OwnedFD(
            taking: try TestNamespace.run { try TestNamespace.descriptor().release() })
        inside = OwnedFD(taking: try TestNamespace.run { try TestNamespace.descriptor().release() })
        for name in names { try add(name) }
    }

    private static func path(of descriptor: borrowing OwnedFD) -> String {
        "/proc/\(getpid())/fd/\(descriptor.rawValue)"
    }

    /// One more interface.
    func add(_ name: String) throws {
        let target = inside.rawValue
        try TestNamespace.run(in: Self.path(of: outside)) {
            var socket = try RouteSocket()
            let veth = try socket.makeVeth(name, name + "-peer")
            var change = LinkChange()
            change.namespace = target
            try socket.perform(.change(link: veth.index, change))
        }
    }

    func remove(_ name: String) throws {
        let link = try link(name).index
        try TestNamespace.run(in: path) {
            var socket = try RouteSocket()
            try socket.perform(.delete(link: link))
        }
    }

    func change(_ name: String, _ body: (inout LinkChange) -> Void) throws {
        var change = LinkChange()
        body(&change)
        let link = try link(name).index
        try TestNamespace.run(in: path) { [change] in
            var socket = try RouteSocket()
            try socket.perform(.change(link: link, change))
        }
    }

    func link(_ name: String) throws -> Link {
        try TestNamespace.run(in: path) {
            var socket = try RouteSocket()
            return try socket.link(named: name)
        }
    }

    /// All interfaces but loopback, in order.
    func names() throws -> [String] {
        try TestNamespace.run(in: path) {
            var socket = try RouteSocket()
            return try socket.links().map(\.name).filter { $0 != "lo" }.sorted()
        }
    }

    /// Whether what comes in on an interface is led elsewhere.
    func isRedirected(_ name: String) throws -> Bool {
        try TestNamespace.run(in: path) {
            var socket = try RouteSocket()
            let link = try socket.link(named: name).index
            do throws(NetlinkError) {
                try socket.perform(.addIngress(link: link))
            } catch {
                guard error.refusal == .fileExists else { throw error }
                return true
            }
            try socket.perform(.deleteIngress(link: link))
            return false
        }
    }
}
