internal import Glibc
package import Linux

/// The process that has a program run when something has happened in a container's network namespace, until the
/// container's sandbox is gone. What has happened the program finds out itself. It has one thread.
package struct NetworkWatch: ~Copyable {
    /// Changes come in crowds: the program runs when nothing has come for this long, in milliseconds, or after so many
    /// waits.
    private static let quiet: Int32 = 100
    private static let maximumWaits = 10

    private let listener: OwnedFD
    private let sandbox: OwnedFD
    private let command: [String]

    /// Takes over a netlink socket that never blocks, and a pidfd of the sandbox. The command begins with the path of the
    /// program.
    package init(
        listener: consuming OwnedFD, sandbox: consuming OwnedFD, command: [String]
    ) {
        self.listener = listener
        self.sandbox = sandbox
        self.command = command
    }

    package borrowing func run() throws(Errno) {
        while try wait(-1) {
            for _ in 0..<Self.maximumWaits {
                drain()
                guard try wait(Self.quiet) else { return }
                if !(try hasNews()) { break }
            }
            guard try call() else { return }
        }
    }

    /// Waits for news, or for so many milliseconds; false where the sandbox is gone.
    private borrowing func wait(_ milliseconds: Int32) throws(Errno) -> Bool {
        var poll = Poll()
        _ = poll.add(listener.rawValue, reading: true)
        let end = poll.add(sandbox.rawValue, reading: true)
        try poll.wait(timeout: milliseconds)
        return !poll.isReady(end)
    }

    private borrowing func hasNews() throws(Errno) -> Bool {
        var poll = Poll()
        let news = poll.add(listener.rawValue, reading: true)
        try poll.wait(timeout: 0)
        return poll.isReady(news)
    }

    /// Lost messages are news as well: the error for them is read like one.
    private borrowing func drain() {
        while true {
            do throws(Errno) {
                _ = try listener.read(upTo: 65536)
            } catch {
                guard error.rawValue == ENOBUFS else { return }
            }
        }
    }

    /// Runs the program to its end, with which that of the sandbox does not wait; false where that is gone.
    private borrowing func call() throws(Errno) -> Bool {
        let null = try OwnedFD.open("/dev/null", O_RDWR)
        let child = try Child.spawn(
            command[0], arguments: command, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
            descriptors: [null.rawValue, null.rawValue, null.rawValue])
        var poll = Poll()
        _ = poll.add(child.descriptor.rawValue, reading: true)
        let end = poll.add(sandbox.rawValue, reading: true)
        try poll.wait()
        let isGone = poll.isReady(end)
        if isGone { child.signal(SIGKILL) }
        _ = try child.wait()
        return !isGone
    }
}
