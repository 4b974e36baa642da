internal import Glibc
internal import Linux
internal import Netlink
internal import OCISpec

/// A network namespace of the host that is not this process's own. One thread uses it.
final class NetworkNamespace {
    private static let own = "/proc/self/ns/net"
    private static let flag = Int32(Namespace.network.cloneFlag)

    private let descriptor: OwnedFD
    private let home: OwnedFD

    /// Of a process, or of a file; nil where it is this process's own namespace, or not there any more.
    init?(_ path: String) {
        guard let descriptor = try? OwnedFD.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY),
            descriptor.namespaceFlag == Namespace.network.cloneFlag,
            let home = try? OwnedFD.open(Self.own, O_RDONLY),
            let theirs = try? descriptor.status(), let ours = try? home.status(),
            theirs.inode != ours.inode || theirs.device != ours.device
        else { return nil }
        self.descriptor = descriptor
        self.home = home
    }

    /// Does something there, with this process's only thread.
    func enter<Result: ~Copyable>(
        _ body: () throws(NetlinkError) -> Result
    ) throws(NetlinkError) -> Result {
        do throws(Errno) {
            try Processes.joinNamespaces(of: descriptor, Self.flag)
        } catch {
            throw .system(error)
        }
        // Whoever may leave a namespace may come back.
        defer { try? Processes.joinNamespaces(of: home, Self.flag) }
        return try body()
    }
}
