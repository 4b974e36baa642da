internal import Glibc
internal import Linux

/// The end of a sandbox that another process has started.
enum SandboxEnd {
    /// For one that is killed: its machine's memory is given back before it is gone.
    private static let killMilliseconds: Int32 = 60_000
    /// For one whose container has ended: the guest writes back what it has.
    private static let shutdownMilliseconds: Int32 = 60_000

    /// Kills the process, if it still runs, and waits for its end.
    static func kill(_ process: ProcessIdentity) throws(RuntimeError) {
        try awaitEnd(of: process, killMilliseconds, signal: SIGKILL)
    }

    /// Waits for the end of one that is on its way out.
    static func wait(for process: ProcessIdentity) throws(RuntimeError) {
        try awaitEnd(of: process, shutdownMilliseconds, signal: nil)
    }

    private static func awaitEnd(
        of process: ProcessIdentity, _ milliseconds: Int32, signal: Int32?
    ) throws(RuntimeError) {
        guard process.isRunning else { return }
        do throws(Errno) {
            // What the pidfd stands for is known only after the process has been looked at.
            let descriptor = try Processes.open(process.pid)
            guard process.isRunning else { return }
            if let signal { try Processes.signal(descriptor, signal) }
            var poll = Poll()
            let ended = poll.add(descriptor.rawValue, reading: true)
            try poll.wait(timeout: milliseconds)
            if poll.isReady(ended) { return }
        } catch .noSuchProcess {
            return
        } catch {
            throw .system("wait for the sandbox process \(process.pid)", error)
        }
        throw .sandboxDied(how: "\(process.pid) does not come to its end", log: [])
    }
}
