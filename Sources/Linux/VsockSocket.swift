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
        let socket = OwnedFD(taking: try Errno.check(cl_vsock_socket()))
        let number = socket.rawValue
        try Errno.check(cl_vsock_set_connect_timeout(number, connectTimeout))
        try Errno.retrying { cl_vsock_connect(number, host, port) }
        return socket
    }
}
