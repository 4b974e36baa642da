import CLinux
import Glibc
import Linux
import Netlink
import Synchronization

/// A network namespace that goes with the thread that made it.
enum Namespace {
    static let unavailable = "network namespaces need root"
    /// CLONE_NEWNET of linux/sched.h.
    private static let newNetwork: Int32 = 0x4000_0000

    static let isAvailable: Bool = {
        (try? run { true }) ?? false
    }()

    /// What `body` answers, on a thread of its own.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) throws -> Value {
        let result = Mutex<Result<Value, any Error>?>(nil)
        let thread = try Thread.start(name: "namespace") {
            let outcome = Result {
                try enter()
                return try body()
            }
            result.withLock { $0 = outcome }
        }
        thread.join()
        guard let outcome = result.withLock({ $0 }) else { throw Errno.io }
        return try outcome.get()
    }

    static let hasTaps = (try? OwnedFD.open("/dev/net/tun", O_RDWR)) != nil

    /// Moves the thread to a fresh one.
    static func enter() throws {
        try Errno.check(cl_unshare(newNetwork))
    }

    static func descriptor() throws -> OwnedFD {
        try OwnedFD.open("/proc/thread-self/ns/net", O_RDONLY)
    }
}

extension NetlinkRequest {
    /// Two interfaces of which each sends what the other gets: IFLA_INFO_KIND, and VETH_INFO_PEER of linux/veth.h.
    static func vethPair(_ one: String, _ other: String) -> NetlinkRequest {
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
    mutating func makeVeth(_ one: String = "veth0", _ other: String = "veth1") throws -> Link {
        try perform(.vethPair(one, other))
        return try link(named: one)
    }

    mutating func setUp(_ names: String...) throws {
        var change = LinkChange()
        change.isUp = true
        for name in names { try perform(.change(link: try link(named: name).index, change)) }
    }
}
