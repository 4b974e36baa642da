internal import Linux
internal import Netlink

/// A tap that is joined with an interface of the network namespace of the thread that makes it.
struct WiredTap: ~Copyable {
    /// One per queue.
    let descriptors: PassedDescriptors
    /// In the namespace.
    let index: UInt32

    /// `undo` is told of a request to the namespace that takes the join away, and of a socket for it, before the join is made.
    init(
        to link: Link, queueCount: Int, undo: NetworkWiring.Undo
    ) throws(NetlinkError) {
        var socket = try RouteSocket()
        let tap = try TapDevice(HostNetwork.tapPrefix + "%d", queueCount: queueCount)
        let index = try socket.link(named: tap.name).index
        var change = LinkChange()
        change.mtu = link.mtu
        change.isUp = true
        try socket.perform(.change(link: index, change))
        // What an earlier container has left there leads nowhere.
        let removal = NetlinkRequest.deleteIngress(link: link.index)
        try? socket.perform(removal)
        do throws(Errno) {
            try undo(socket.descriptor, removal.bytes(sequence: 0))
        } catch {
            throw .system(error)
        }
        try socket.join(link.index, index)
        self.index = index
        descriptors = tap.takeDescriptors()
    }
}
