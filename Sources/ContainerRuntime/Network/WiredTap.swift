internal import Linux
internal import Netlink

/// A tap that is joined with an interface of the network namespace of the thread that makes it.
struct WiredTap: ~Copyable {
    /// One per queue.
    let descriptors: PassedDescriptors
    /// In the namespace.
    let index: UInt32

    init(to link: Link, queueCount: Int) throws(NetlinkError) {
        var socket = try RouteSocket()
        let tap = try TapDevice(HostNetwork.tapPrefix + "%d", queueCount: queueCount)
        let index = try socket.link(named: tap.name).index
        var change = LinkChange()
        change.mtu = link.mtu
        change.isUp = true
        try socket.perform(.change(link: index, change))
        // What an earlier container has left there leads nowhere.
        try? socket.perform(.deleteIngress(link: link.index))
        try socket.join(link.index, index)
        self.index = index
        descriptors = tap.takeDescriptors()
    }
}
