internal import CLinux

/// Stream sockets between a guest and its host (vsock(7)), seen from the guest.
package enum VsockSocket {
    /// The address of the host for every guest.
    package static let host: UInt32 = 2

    /// A connection to a port of the host. Blocks until the host answers, at most the kernel's 2 seconds.
    package static func connect(toHostPort port: UInt32) throws(Errno) -> OwnedFD {
        let socket = OwnedFD(taking: try Errno.check(cl_vsock_socket()))
        let number = socket.rawValue
        try Errno.retrying { cl_vsock_connect(number, host, port) }
        return socket
    }
}
