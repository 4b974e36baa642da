internal import CLinux
internal import Glibc
package import Linux
package import Netlink
internal import Synchronization

/// A network namespace that goes with the thread that made it, or with the last descriptor of it.
package enum TestNamespace {
    package static let unavailable = "network namespaces need root"
    /// CLONE_NEWNET of linux/sched.h.
    private static let newNetwork: Int32 = 0x4000_0000

    package static let isAvailable: Bool = {
        (try? run { true }) ?? false
    }()

    /// What `body` answers, on a thread of its own in a fresh namespace, or in the one of the path.
    package static func run<Value: Sendable>(
        in path: String? = nil, _ body: @escaping @Sendable () throws -> Value
    ) throws -> Value {
        let result = Mutex<Result<Value, any Error>?>(nil)
        let thread = try Thread.start(name: "namespace") {
            let outcome = Result {
                if let path { try enter(path) } else { try enter() }
                return try body()
            }
            result.withLock { $0 = outcome }
        }
        thread.join()
        guard let outcome = result.withLock({ $0 }) else { throw Errno.io }
        return try outcome.get()
    }

    package static let hasTaps = (try? OwnedFD.open("/dev/net/tun", O_RDWR)) != nil

    /// Moves the thread to a fresh one.
    package static func enter() throws {
        try Errno.check(cl_unshare(newNetwork))
    }

    private static func enter(_ path: String) throws {
        try Processes.joinNamespaces(of: OwnedFD.open(path, O_RDONLY), newNetwork)
    }

    /// Of the thread's namespace.
    package static func descriptor() throws -> OwnedFD {
        try OwnedFD.open("/proc/thread-self/ns/net", O_RDONLY)
    }
}

extension NetlinkRequest {
    /// Two interfaces of which each sends what the other gets: IFLA_INFO_KIND, and VETH_INFO_PEER of linux/veth.h.
    package static func vethPair(_ one: String, _ other: String) -> NetlinkRequest {
        let header = [UInt8](repeating: 0, count: 16)
        var request = NetlinkRequest(
            MessageType.newLink, [.acknowledge, .create, .exclusive], header)
        var peer = AttributeList()
        peer.add(3, other)
        var attributes = AttributeList()
        attributes.add(3, one)
        attributes.add(18) { information in
            information.add(1, "veth")
            information.add(2) { $0.add(1, header + peer.bytes) }
        }
        request.append(attributes)
        return request
    }
}

extension RouteSocket {
    /// Makes a pair and answers the first one.
    package mutating func makeVeth(
        _ one: String = "veth0", _ other: String = "veth1"
    ) throws -> Link {
        try perform(.vethPair(one, other))
        return try link(named: one)
    }

    package mutating func setUp(_ names: String...) throws {
        var change = LinkChange()
        change.isUp = true
        for name in names { try perform(.change(link: try link(named: name).index, change)) }
    }
}
