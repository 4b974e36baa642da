internal import CLinux
internal import Glibc

/// A child process and a pidfd of it (pidfd_open(2)). It is not ended with its owner. One thread uses it.
package struct Child: ~Copyable {
    package let pid: Int32
    /// Readable when the process has ended.
    package let descriptor: OwnedFD

    /// How a process ended (wait(2)).
    package enum End: Equatable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    /// Starts a program in a session of its own, in a folder, with no signal blocked or handled, and exactly
    /// these descriptors, numbered from 0; they stay the caller's.
    package static func spawn(
        _ path: String, arguments: [String], environment: [String], descriptors: [Int32],
        folder: String = "/"
    ) throws(Errno) -> Child {
        // SAFETY: all arrays outlive the call and end with nil where C expects it.
        let pid = unsafe withStrings(arguments) { arguments in
            unsafe withStrings(environment) { environment in
                unsafe descriptors.withUnsafeBufferPointer { numbers in
                    unsafe cl_spawn(
                        path, arguments, environment, folder, numbers.baseAddress,
                        Int32(numbers.count))
                }
            }
        }
        return try Child(taking: Errno.check(pid))
    }

    init(taking pid: Int32) throws(Errno) {
        self.pid = pid
        // A zombie keeps its pid until this process waits for it: the number cannot be another's.
        descriptor = OwnedFD(taking: try Errno.check(cl_pidfd_open(pid)))
    }

    /// Sends a signal; nothing happens where the process has ended.
    package borrowing func signal(_ number: Int32) {
        _ = cl_pidfd_send_signal(descriptor.rawValue, number)
    }

    /// Waits for the end. To be called once.
    package borrowing func wait() throws(Errno) -> End {
        var status: Int32 = 0
        let number = pid
        try Errno.retrying { unsafe cl_waitpid(number, &status, 0) }
        let signal = cl_wait_signal(status)
        return signal != 0 ? .killed(signal: signal) : .exited(cl_wait_exit_code(status))
    }

    /// Calls `body` with an array as execve(2) takes it.
    static func withStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        // SAFETY: every copy is freed after the call; the array ends with nil and is not empty.
        var pointers = unsafe strings.map { unsafe strdup($0) }
        defer {
            unsafe pointers.forEach { unsafe free($0) }
        }
        unsafe pointers.append(nil)
        return unsafe pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("never empty") }
            return unsafe body(base)
        }
    }
}
