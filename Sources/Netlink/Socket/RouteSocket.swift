package import Linux

/// Requests to the kernel about network interfaces, addresses and routes, one after the other (rtnetlink(7)).
///
/// It works on the network namespace that its thread was in when it was made. One thread uses it; calls wait for the
/// kernel's answer, which comes at once.
package struct RouteSocket: ~Copyable {
    private static let listAttempts = 10

    private let socket: NetlinkSocket
    private var lastSequence: UInt32 = 0

    package init() throws(NetlinkError) {
        socket = try NetlinkSocket(nonBlocking: false)
    }

    /// Borrowed, for another process that is to send a request later.
    package var descriptor: OwnedFD {
        _read { yield socket.descriptor }
    }

    /// Has a change done.
    package mutating func perform(_ request: NetlinkRequest) throws(NetlinkError) {
        _ = try exchange(request)
    }

    /// All messages of an answer; asks again where the list was changed meanwhile.
    package mutating func ask(_ request: NetlinkRequest) throws(NetlinkError) -> [NetlinkMessage] {
        for _ in 0..<Self.listAttempts {
            let reply = try exchange(request)
            if !reply.wasInterrupted { return reply.messages }
        }
        throw .dumpInterrupted
    }

    private mutating func exchange(
        _ request: NetlinkRequest
    ) throws(NetlinkError) -> NetlinkReply {
        lastSequence &+= 1
        var reply = NetlinkReply(to: lastSequence)
        try socket.send(request.bytes(sequence: lastSequence))
        while !reply.isComplete {
            guard let datagram = try socket.receive() else { throw .system(.wouldBlock) }
            try reply.add(datagram)
        }
        return reply
    }
}

// Lists.
extension RouteSocket {
    package mutating func links() throws(NetlinkError) -> [Link] {
        try list(.links) { message throws(NetlinkError) in try Link(message) }
    }

    /// ENODEV where there is none.
    package mutating func link(named name: String) throws(NetlinkError) -> Link {
        try link(.link(name: name))
    }

    /// ENODEV where there is none.
    package mutating func link(index: UInt32) throws(NetlinkError) -> Link {
        try link(.link(index: index))
    }

    private mutating func link(_ request: NetlinkRequest) throws(NetlinkError) -> Link {
        let links = try list(request) { message throws(NetlinkError) in try Link(message) }
        guard let link = links.first else { throw .malformed("no link in the answer") }
        return link
    }

    /// Of both families and all links.
    package mutating func addresses() throws(NetlinkError) -> [LinkAddress] {
        try list(.addresses) { message throws(NetlinkError) in try LinkAddress(message) }
    }

    /// Those of the main table, of both families.
    package mutating func routes() throws(NetlinkError) -> [Route] {
        try list(.routes) { message throws(NetlinkError) in try Route(message) }
            .filter { $0.table == Route.mainTable }
    }

    /// In whatever state, of both families and all links.
    package mutating func neighbours() throws(NetlinkError) -> [Neighbour] {
        try list(.neighbours) { message throws(NetlinkError) in try Neighbour(message) }
    }

    private mutating func list<Value>(
        _ request: NetlinkRequest, _ parse: (NetlinkMessage) throws(NetlinkError) -> Value?
    ) throws(NetlinkError) -> [Value] {
        var values: [Value] = []
        for message in try ask(request) {
            if let value = try parse(message) { values.append(value) }
        }
        return values
    }
}
