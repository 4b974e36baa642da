internal import CLinux

/// Stream sockets between a guest and its host (vsock(7)), seen from the guest.
package enum VsockSocket {
    /// The address of the host for every guest.
    package static let host: UInt32 = 2

    /// The host answers when it wants to: a guest that becomes a template waits for an answer that its copies get. The
    /// kernel alone would give up after 2 seconds.
    private static let connectTimeout: Int64 = 24 * 3600

    /// A connection to a port of the host. Blocks until the host answers, a day at most.
    package static func connect(toHostPort port: UInt32) throws(Errno) -> OwnedFD {
        let socket = try make()
        try Errno.retrying { cl_vsock_connect(socket.rawValue, host, port) }
        return socket
    }

    /// Asks for a connection to a port of the host and does not wait for the answer. Once the descriptor, which does not
    /// block, is writable there is one, and it is a connection or has an error (SO_ERROR).
    package static func beginConnecting(toHostPort port: UInt32) throws(Errno) -> OwnedFD {
        let socket = try make()
        try socket.setNonBlocking(true)
        do throws(Errno) {
            try Errno.check(cl_vsock_connect(socket.rawValue, host, port))
        } catch .inProgress {}
        return socket
    }

    /// Waits for the answer to `beginConnecting`, a day at most; throws what the host has refused it with.
    package static func finishConnecting(_ socket: borrowing OwnedFD) throws(Errno) {
        var poll = Poll()
        let entry = poll.add(socket.rawValue, writing: true)
        while !poll.isReady(entry) { try poll.wait() }
        try Errno.check(cl_socket_error(socket.rawValue))
    }

    private static func make() throws(Errno) -> OwnedFD {
        let socket = OwnedFD(taking: try Errno.check(cl_vsock_socket()))
        try Errno.check(cl_vsock_set_connect_timeout(socket.rawValue, connectTimeout))
        return socket
    }
}
