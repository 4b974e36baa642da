internal import CLinux

/// A process that cleans up when this one dies without having done so (launch.h has what it does).
package struct Guard: ~Copyable {
    private let pid: Int32
    private let socket: OwnedFD

    /// Knows where this process will make a folder: as `temporary` in `parent`, then under the name `name`.
    /// Protects the settings of a terminal (or nil), too. Only while this process has one thread.
    package init(
        in parent: borrowing OwnedFD, name: String, temporary: String, terminal: Int32?
    ) throws(Errno) {
        let pair = try UnixSocket.pair()
        pid = try Errno.check(
            unsafe cl_guard(
                pair.second.rawValue, parent.rawValue, name, temporary, terminal ?? -1))
        socket = pair.first
    }

    /// Names the folder that is to be removed with this process, before it gets its lasting name.
    package borrowing func protect(folder: borrowing OwnedFD) throws(Errno) {
        try send("f", folder.rawValue)
    }

    /// Names the process that is to be killed with this one.
    package borrowing func protect(_ child: borrowing Child) throws(Errno) {
        try send("p", child.descriptor.rawValue)
    }

    /// Names a control group that is to be removed with this process, whether it is there yet or not.
    package borrowing func protect(cgroup path: String) throws(Errno) {
        try socket.writeAll([UInt8(ascii: "c")] + Array(path.utf8) + [0])
    }

    /// Names a message of at most 256 bytes that is to be sent to a socket when that process has ended.
    package borrowing func protect(
        socket other: borrowing OwnedFD, sending message: [UInt8]
    ) throws(Errno) {
        guard message.count <= 256 else { throw .messageTooLong }
        try send("m", other.rawValue)
        let count = message.count
        try socket.writeAll([UInt8(count & 0xff), UInt8(count >> 8)] + message)
    }

    private borrowing func send(_ letter: Unicode.Scalar, _ number: Int32) throws(Errno) {
        _ = try UnixSocket.send([UInt8(ascii: letter)], descriptors: [number], to: socket)
    }

    /// All is in order: the guard ends and does nothing.
    package consuming func dismiss() {
        _ = try? UnixSocket.send([UInt8(ascii: "d")], descriptors: [], to: socket)
        var status: Int32 = 0
        _ = unsafe cl_waitpid(pid, &status, 0)
    }
}
