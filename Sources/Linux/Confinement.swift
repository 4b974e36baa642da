internal import CLinux
internal import Glibc

/// What a process and its threads give up for good (jail.h).
package enum Confinement {
    /// Capabilities, by their numbers of capabilities(7).
    package struct Capabilities: OptionSet, Sendable {
        package let rawValue: UInt64

        package init(rawValue: UInt64) {
            self.rawValue = rawValue
        }

        private init(number: UInt64) {
            rawValue = 1 << number
        }

        package static let changeOwner = Capabilities(number: 0)
        /// CAP_DAC_OVERRIDE.
        package static let overridePermissions = Capabilities(number: 1)
        /// CAP_FOWNER.
        package static let actAsOwner = Capabilities(number: 3)
        package static let keepSetID = Capabilities(number: 4)
        package static let setGroup = Capabilities(number: 6)
        package static let setUser = Capabilities(number: 7)
        package static let setProcessCapabilities = Capabilities(number: 8)
        package static let makeDevices = Capabilities(number: 27)
        package static let setFileCapabilities = Capabilities(number: 31)
    }

    /// Lets threads that are started later share one heap, which takes fewer system calls.
    package static func shareHeap() {
        cl_share_heap()
    }

    /// Of the process, now and by execve(2): no new privileges, no core file, no access for processes of the same user.
    package static func giveUpPrivileges() throws(Errno) {
        try Errno.check(cl_give_up_privileges())
    }

    /// Leaves the calling thread these capabilities at most, and those that it starts.
    package static func keep(_ capabilities: Capabilities) throws(Errno) {
        try Errno.check(cl_keep_capabilities(capabilities.rawValue))
    }

    /// Like `keep`, of a process that has one thread: what a program could gain by execve(2) goes, too.
    package static func keepForProcess(_ capabilities: Capabilities) throws(Errno) {
        let error = cl_clear_bounding_set()
        // Who has no CAP_SETPCAP has none of the others either that it would be a loss to keep.
        if error != -EPERM { try Errno.check(error) }
        try keep(capabilities)
    }

    /// What a process may have at most, by the numbers of asm-generic/resource.h.
    package enum Limit: Int32, Sendable {
        /// Bytes of a core file.
        case core = 4
        case openFiles = 7
        /// Bytes of locked memory.
        case lockedMemory = 8
        /// Bytes of POSIX message queues.
        case messageQueues = 12
    }

    /// Lowers the limit, where it is higher.
    package static func lower(_ limit: Limit, to value: UInt64) throws(Errno) {
        try Errno.check(cl_lower_limit(limit.rawValue, value))
    }

    /// Adds a seccomp filter, an array of struct sock_filter, to the calling thread.
    package static func install(filter: [UInt8]) throws(Errno) {
        try Errno.check(
            // SAFETY: the kernel copies the array before the call returns.
            unsafe filter.withUnsafeBytes { buffer in
                unsafe cl_install_filter(buffer.baseAddress, buffer.count)
            })
    }

    /// Whether the kernel has filters that trap calls.
    package static var canTrapCalls: Bool { cl_can_trap_calls() == 1 }

    /// From now on a call that a filter traps is named in a line at the open log (or nil), and ends the process with
    /// status 128 + SIGSYS.
    package static func reportTrappedCalls(to log: Int32?) throws(Errno) {
        try Errno.check(cl_report_trapped_calls(log ?? -1))
    }

    /// The version of Landlock's interface that the kernel has; nil: none, or switched off.
    package static var landlockVersion: Int? {
        let version = cl_landlock_version()
        return version > 0 ? Int(version) : nil
    }

    /// What version of Landlock can say that a file may be moved to another folder.
    package static let neededLandlockVersion = 2

    /// Leaves the calling thread, and those that it starts, what is at and below these open files (landlock(7)): nothing of it
    /// is executed.
    package static func landlock(
        _ roots: [(descriptor: Int32, readOnly: Bool)]
    ) throws(Errno) {
        let all = roots.map {
            cl_landlock_root(descriptor: $0.descriptor, readonly: $0.readOnly ? 1 : 0)
        }
        try Errno.check(
            // SAFETY: the array outlives the call.
            unsafe all.withUnsafeBufferPointer { buffer in
                unsafe cl_landlock(buffer.baseAddress, Int32(buffer.count))
            })
    }
}
