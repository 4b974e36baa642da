package import Linux

/// Hears of changes in the network namespace that its thread was in when it was made. For an event loop: its descriptor
/// becomes readable and never blocks. One thread uses it.
package struct NetworkListener: ~Copyable {
    /// RTMGRP_* of linux/rtnetlink.h.
    package struct Groups: OptionSet, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        package static let links = Groups(rawValue: 0x1)
        package static let neighbours = Groups(rawValue: 0x4)
        package static let addresses = Groups(rawValue: 0x10 | 0x100)
        package static let routes = Groups(rawValue: 0x40 | 0x400)
    }

    private let socket: NetlinkSocket

    package init(_ groups: Groups) throws(NetlinkError) {
        socket = try NetlinkSocket(nonBlocking: true, groups: groups.rawValue)
    }

    /// Readable when there is something to hear; not to be read by others.
    package var descriptor: OwnedFD {
        _read { yield socket.descriptor }
    }

    /// Gives the descriptor away, to one who reads to know that something has happened and not what.
    package consuming func takeDescriptor() -> OwnedFD {
        socket.takeDescriptor()
    }

    /// What has happened since the last call, empty where that is of no interest; nil where nothing has. `overrun` where
    /// messages were lost.
    package borrowing func next() throws(NetlinkError) -> [NetworkEvent]? {
        guard let datagram = try socket.receive() else { return nil }
        var events: [NetworkEvent] = []
        for message in try NetlinkMessage.all(in: datagram) {
            if let event = try NetworkEvent(message) { events.append(event) }
        }
        return events
    }
}
