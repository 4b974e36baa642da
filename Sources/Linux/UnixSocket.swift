internal import CLinux
internal import Glibc

/// Stream and packet sockets of AF_UNIX (unix(7)).
package enum UnixSocket {
    /// A connected stream pair.
    package static func pair() throws(Errno) -> FDPair {
        try pair(of: SOCK_STREAM)
    }

    /// A connected pair that keeps messages apart (SOCK_SEQPACKET).
    package static func packetPair() throws(Errno) -> FDPair {
        try pair(of: SOCK_SEQPACKET)
    }

    private static func pair(of type: __socket_type) throws(Errno) -> FDPair {
        var ends: (Int32, Int32) = (-1, -1)
        // SAFETY: a tuple of two Int32 has the layout of int[2].
        let result = unsafe withUnsafeMutableBytes(of: &ends) {
            unsafe cl_socketpair(
                Int32(type.rawValue), $0.baseAddress?.assumingMemoryBound(to: Int32.self))
        }
        try Errno.check(result)
        return FDPair(first: OwnedFD(taking: ends.0), second: OwnedFD(taking: ends.1))
    }

    /// A stream connection to a listening socket; paths of 108 bytes and more are ENAMETOOLONG.
    package static func connect(to path: String) throws(Errno) -> OwnedFD {
        let socket = try stream()
        let number = socket.rawValue
        try Errno.retrying { unsafe cl_connect_unix(number, path) }
        return socket
    }

    /// Binds and listens. The file belongs to the caller, who unlinks it.
    package static func listen(at path: String, backlog: Int32 = 16) throws(Errno) -> OwnedFD {
        let socket = try stream()
        try Errno.check(unsafe cl_bind_unix(socket.rawValue, path))
        try Errno.check(cl_listen(socket.rawValue, backlog))
        return socket
    }

    /// The next connection; EAGAIN where a non-blocking listener has none.
    package static func accept(_ listener: borrowing OwnedFD) throws(Errno) -> OwnedFD {
        let number = listener.rawValue
        return OwnedFD(taking: try Errno.retrying { cl_accept(number) })
    }

    /// Which half to end (shutdown(2)).
    package enum Half: Int32, Sendable {
        case reading = 0
        case writing = 1
        case both = 2
    }

    package static func shutdown(_ socket: borrowing OwnedFD, _ half: Half) throws(Errno) {
        try Errno.check(cl_shutdown(socket.rawValue, half.rawValue))
    }

    /// Sends bytes and, with their first one, copies of descriptors (SCM_RIGHTS), which stay the caller's.
    package static func send(
        _ bytes: [UInt8], descriptors: [Int32], to socket: borrowing OwnedFD
    ) throws(Errno) -> Int {
        let number = socket.rawValue
        // SAFETY: both arrays outlive the call.
        return try Errno.retrying {
            unsafe bytes.withUnsafeBytes { data in
                unsafe descriptors.withUnsafeBufferPointer { fds in
                    unsafe cl_send_fds(
                        number, data.baseAddress, data.count, fds.baseAddress, Int32(fds.count))
                }
            }
        }
    }

    /// What one read brings: at most `count` bytes, and the descriptors that came with them; no bytes at the end
    /// of the stream.
    package static func receive(
        upTo count: Int, from socket: borrowing OwnedFD
    ) throws(Errno) -> (bytes: [UInt8], descriptors: PassedDescriptors) {
        // SCM_MAX_FD of the kernel: more do not come with one message.
        let room = 253
        let number = socket.rawValue
        var bytes = [UInt8](repeating: 0, count: count)
        var numbers = [Int32](repeating: -1, count: room)
        var passed = Int32(room)
        // SAFETY: both arrays outlive the call, which is told their sizes.
        let received = try Errno.retrying {
            passed = Int32(room)
            return unsafe bytes.withUnsafeMutableBytes { data in
                unsafe numbers.withUnsafeMutableBufferPointer { fds in
                    unsafe cl_recv_fds(
                        number, data.baseAddress, data.count, fds.baseAddress, &passed)
                }
            }
        }
        return (
            Array(bytes.prefix(received)), PassedDescriptors(Array(numbers.prefix(Int(passed))))
        )
    }

    private static func stream() throws(Errno) -> OwnedFD {
        OwnedFD(taking: try Errno.check(cl_socket_unix(Int32(SOCK_STREAM.rawValue))))
    }
}
