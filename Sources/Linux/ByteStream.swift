internal import CLinux
internal import Glibc

/// One direction of a stream that somebody else opened, used without ever blocking and without making their open file
/// non-blocking: that flag would be seen by everybody who shares it, a user's shell for example.
///
/// Sockets take MSG_DONTWAIT, files never block, and pipes and terminals are expected as `opened` answers them. What
/// blocks nevertheless is moved in such small pieces that a descriptor which poll(2) calls ready does not.
/// Belongs to one thread.
package struct ByteStream: ~Copyable {
    private enum Kind {
        case socket
        case nonBlocking
        /// A regular file, /dev/null and the like: always ready.
        case alwaysReady
        /// To be used after poll(2) has said so, in small pieces.
        case careful
    }

    package enum Direction: Int32, Sendable {
        case input = 0
        case output = 1
    }

    package let descriptor: OwnedFD
    private let kind: Kind
    /// What a pipe takes without blocking once it is writable (PIPE_BUF, pipe(7)).
    private static let carefulCount = 4096

    /// Reading and writing never have to wait: epoll(7) refuses such files.
    package var isAlwaysReady: Bool {
        if case .alwaysReady = kind { true } else { false }
    }

    /// Takes over a descriptor. `mayBlock`: what whoever has opened it knows of that, for a process that cannot ask.
    package init(_ descriptor: consuming OwnedFD, mayBlock: Bool? = nil) {
        let number = descriptor.rawValue
        switch UInt32(bitPattern: cl_file_type(number)) {
        case S_IFSOCK:
            kind = .socket
            self.descriptor = descriptor
        case S_IFREG, S_IFDIR, S_IFBLK:
            kind = .alwaysReady
            self.descriptor = descriptor
        default:
            kind = mayBlock ?? Self.mayBlock(number) ? .careful : .nonBlocking
            self.descriptor = descriptor
        }
    }

    /// For whoever hands a descriptor on that is to become a stream: a pipe, terminal or device opened a second time,
    /// without blocking; all else, and what cannot be opened, as it is (dup(2)).
    package static func opened(
        _ number: Int32, _ direction: Direction
    ) throws(Errno) -> OwnedFD {
        let type = UInt32(bitPattern: cl_file_type(number))
        let mode = direction == .input ? O_RDONLY : O_WRONLY
        guard type == S_IFIFO || type == S_IFCHR,
            let again = try? OpenFiles.reopen(number, mode | O_NONBLOCK | O_NOCTTY)
        else { return try OwnedFD.duplicating(number) }
        return again
    }

    /// Whether reading and writing this descriptor may have to wait, if it is a pipe or a device.
    package static func mayBlock(_ number: Int32) -> Bool { cl_is_nonblocking(number) != 1 }

    /// Bytes that are there: at most `count`, none at the end of the stream. EAGAIN when there are none now.
    package borrowing func read(upTo count: Int) throws(Errno) -> [UInt8] {
        guard case .socket = kind else { return try descriptor.read(upTo: count) }
        let number = descriptor.rawValue
        var result = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            repeat {
                // SAFETY: the buffer has room for `count` bytes.
                result = unsafe cl_recv(
                    number, buffer.baseAddress, count, Int32(MSG_DONTWAIT))
            } while result == -Int(EINTR)
            used = max(0, result)
        }
        try Errno.check(result)
        return bytes
    }

    /// How many of the bytes were taken. EAGAIN when none are now, EPIPE when nobody will read them.
    package borrowing func write(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int {
        let number = descriptor.rawValue
        let kind = kind
        // SAFETY: the slice outlives the call.
        return try Errno.retrying {
            unsafe bytes.withUnsafeBytes { buffer in
                switch kind {
                case .socket:
                    unsafe cl_send(
                        number, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                case .careful:
                    unsafe cl_write(
                        number, buffer.baseAddress, min(buffer.count, Self.carefulCount))
                case .nonBlocking, .alwaysReady:
                    unsafe cl_write(number, buffer.baseAddress, buffer.count)
                }
            }
        }
    }

    /// Tells the peer of a socket that nothing more will be written; elsewhere closing does that.
    package borrowing func finishWriting() {
        if case .socket = kind { _ = cl_shutdown(descriptor.rawValue, Int32(SHUT_WR)) }
    }
}
