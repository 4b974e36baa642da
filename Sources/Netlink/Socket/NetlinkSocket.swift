internal import CLinux
internal import Glibc
internal import Linux

/// A socket of rtnetlink(7) in the network namespace of the thread that makes it, where it stays. One thread uses it.
internal struct NetlinkSocket: ~Copyable {
    let descriptor: OwnedFD

    /// Hears what is told to the groups (RTMGRP_*), too.
    init(nonBlocking: Bool, groups: UInt32 = 0) throws(NetlinkError) {
        let flags = nonBlocking ? Int32(SOCK_NONBLOCK.rawValue) : 0
        descriptor = OwnedFD(
            taking: try Self.call { () throws(Errno) in
                try Errno.check(cl_netlink_socket(flags, groups))
            })
    }

    consuming func takeDescriptor() -> OwnedFD {
        descriptor
    }

    borrowing func send(_ bytes: [UInt8]) throws(NetlinkError) {
        let number = descriptor.rawValue
        try Self.call { () throws(Errno) in
            // SAFETY: the array outlives the call.
            _ = try Errno.retrying {
                unsafe bytes.withUnsafeBytes { unsafe cl_send(number, $0.baseAddress, $0.count, 0) }
            }
        }
    }

    /// The next datagram of the kernel, whatever its size; nil where a socket that does not block has none.
    borrowing func receive() throws(NetlinkError) -> [UInt8]? {
        let number = descriptor.rawValue
        while true {
            var sender: UInt32 = 0
            do throws(Errno) {
                let size = try Errno.retrying {
                    // SAFETY: nothing is written, the length alone is asked for.
                    unsafe cl_netlink_receive(
                        number, nil, 0, Int32(MSG_PEEK | MSG_TRUNC), &sender)
                }
                var bytes = [UInt8](repeating: 0, count: size)
                let count = try Errno.retrying {
                    // SAFETY: the array outlives the call, which is told its size.
                    unsafe bytes.withUnsafeMutableBytes {
                        unsafe cl_netlink_receive(
                            number, $0.baseAddress, $0.count, 0, &sender)
                    }
                }
                // Others than the kernel may write to the socket.
                if sender == 0 { return Array(bytes.prefix(count)) }
            } catch {
                switch error.rawValue {
                case EAGAIN: return nil
                case ENOBUFS: throw .overrun
                default: throw .system(error)
                }
            }
        }
    }

    private static func call<Value>(
        _ body: () throws(Errno) -> Value
    ) throws(NetlinkError) -> Value {
        do throws(Errno) { return try body() } catch { throw .system(error) }
    }
}
