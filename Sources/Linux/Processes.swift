internal import CLinux
internal import Glibc

/// How a process ended (wait(2)).
package enum ProcessEnd: Equatable, Sendable {
    case exited(UInt8)
    case killed(signal: Int32)

    /// As shells report it: the exit status, or 128 and the signal.
    package var status: UInt32 {
        switch self {
        case .exited(let code): UInt32(code)
        case .killed(let signal): 128 + UInt32(signal)
        }
    }
}

/// Child processes of this one.
package enum Processes {
    /// The next child that has ended, or nil where none has. Stopped children do not count.
    package static func reapNext() -> (pid: Int32, end: ProcessEnd)? {
        var status: Int32 = 0
        let pid = unsafe cl_waitpid(-1, &status, WNOHANG)
        guard pid > 0 else { return nil }
        let signal = cl_wait_signal(status)
        let end: ProcessEnd =
            signal != 0
            ? .killed(signal: signal)
            : .exited(UInt8(truncatingIfNeeded: cl_wait_exit_code(status)))
        return (pid, end)
    }

    /// Waits for the next child to end; ECHILD without children.
    package static func reapWaiting() throws(Errno) {
        var status: Int32 = 0
        try Errno.retrying { unsafe cl_waitpid(-1, &status, 0) }
    }

    /// Sends a signal to the process of a pidfd; ESRCH where it has been waited for.
    package static func signal(_ pidfd: borrowing OwnedFD, _ number: Int32) throws(Errno) {
        try Errno.check(cl_pidfd_send_signal(pidfd.rawValue, number))
    }

    /// A pidfd of a process (pidfd_open(2)); ESRCH where there is none.
    package static func open(_ pid: Int32) throws(Errno) -> OwnedFD {
        OwnedFD(taking: try Errno.check(cl_pidfd_open(pid)))
    }

    /// A pidfd of this process.
    package static func current() throws(Errno) -> OwnedFD {
        try open(getpid())
    }

    /// kill(2); -1 stands for all that may be signalled but the caller.
    package static func kill(_ pid: Int32, _ number: Int32) throws(Errno) {
        if Glibc.kill(pid, number) < 0 { throw Errno(rawValue: errno) }
    }

    /// Joins namespaces of a process (setns(2)); flags are CLONE_NEW*.
    package static func joinNamespaces(
        of pidfd: borrowing OwnedFD, _ flags: Int32
    ) throws(Errno) {
        try Errno.check(cl_setns(pidfd.rawValue, flags))
    }
}

extension OwnedFD {
    /// The CLONE_NEW* bit of the namespace that this file is (ioctl_nsfs(2)); nil where it is none.
    package var namespaceFlag: UInt64? {
        // NS_GET_NSTYPE of linux/nsfs.h.
        let result = cl_ioctl_value(rawValue, 0xb703, 0)
        return result < 0 ? nil : UInt64(result)
    }
}
