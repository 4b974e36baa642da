internal import CLinux
internal import Glibc

/// What a descriptor is watched for and what has happened to it (epoll_ctl(2)).
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer has shut down its writing half.
    package static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// Both halves are gone; always reported.
    package static let hangUp = Readiness(rawValue: EPOLLHUP.rawValue)
    /// Always reported.
    package static let error = Readiness(rawValue: EPOLLERR.rawValue)
}

/// A level-triggered epoll(7) loop.
///
/// It belongs to the thread that runs it: all methods are called there, handlers included. Another thread
/// reaches it through an `EventFD` that it watches.
package final class EventLoop {
    /// Names one registration. Numbers are never used again, so an event that was already fetched for a
    /// descriptor that is gone (and whose number may be in use again) finds nobody.
    package struct Registration: Hashable, Sendable {
        fileprivate let token: UInt64
    }

    private struct Watch {
        let fd: Int32
        let handler: (Readiness) -> Void
    }

    private let epoll: OwnedFD
    private var watches: [UInt64: Watch] = [:]
    private var nextToken: UInt64 = 1
    private var stopped = false
    private var deadlines: [UInt64: (due: Int64, action: () -> Void)] = [:]

    package init() throws(Errno) {
        epoll = OwnedFD(taking: try Errno.check(cl_epoll_create()))
    }

    /// Watches a descriptor, which its owner keeps open until `remove`.
    package func add(
        _ fd: borrowing OwnedFD, _ interest: Readiness, _ handler: @escaping (Readiness) -> Void
    ) throws(Errno) -> Registration {
        let token = nextToken
        let number = fd.rawValue
        try Errno.check(
            cl_epoll_ctl(epoll.rawValue, EPOLL_CTL_ADD, number, interest.rawValue, token))
        nextToken += 1
        watches[token] = Watch(fd: number, handler: handler)
        return Registration(token: token)
    }

    /// Changes what is waited for. An empty set still reports hang-up and error.
    package func change(_ registration: Registration, _ interest: Readiness) throws(Errno) {
        guard let watch = watches[registration.token] else { throw .invalidArgument }
        try Errno.check(
            cl_epoll_ctl(
                epoll.rawValue, EPOLL_CTL_MOD, watch.fd, interest.rawValue, registration.token))
    }

    /// Stops watching; to be called before the descriptor is closed.
    package func remove(_ registration: Registration) {
        guard let watch = watches.removeValue(forKey: registration.token) else { return }
        _ = cl_epoll_ctl(epoll.rawValue, EPOLL_CTL_DEL, watch.fd, 0, 0)
    }

    /// Calls the handler once, when the monotonic clock has come to this many nanoseconds.
    func add(deadline due: Int64, _ action: @escaping () -> Void) -> UInt64 {
        defer { nextToken += 1 }
        deadlines[nextToken] = (due, action)
        return nextToken
    }

    func remove(deadline number: UInt64) {
        deadlines[number] = nil
    }

    /// How long to wait at most: to the next deadline, but not longer than that many milliseconds (-1: for ever).
    private func patience(_ milliseconds: Int32) -> Int32 {
        guard let next = deadlines.values.map(\.due).min() else { return milliseconds }
        let left = Int32(clamping: (max(0, next - Deadline.now) + 999_999) / 1_000_000)
        return milliseconds < 0 ? left : min(left, milliseconds)
    }

    /// The earliest first. Whether there was one.
    private func meetDeadlines() -> Bool {
        guard !deadlines.isEmpty else { return false }
        let now = Deadline.now
        let met = deadlines.filter { $0.value.due <= now }.sorted { $0.value.due < $1.value.due }
        for (number, deadline) in met where deadlines.removeValue(forKey: number) != nil {
            deadline.action()
        }
        return !met.isEmpty
    }

    /// Makes `run` return after the handlers of this round.
    package func stop() {
        stopped = true
    }

    /// Calls handlers until `stop`.
    package func run() throws(Errno) {
        while !stopped {
            try runOnce(timeoutMilliseconds: -1)
        }
    }

    /// Waits for one round of events and calls their handlers; false when the time ran out.
    /// A timeout of -1 waits for ever.
    @discardableResult
    package func runOnce(timeoutMilliseconds: Int32) throws(Errno) -> Bool {
        let capacity = 64
        let descriptor = epoll.rawValue
        let patience = patience(timeoutMilliseconds)
        var ready: [(token: UInt64, readiness: Readiness)] = []
        // SAFETY: the kernel fills at most `capacity` events; only that many are read.
        let result = unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: capacity)
        {
            buffer -> Int32 in
            let count = unsafe cl_epoll_wait(
                descriptor, buffer.baseAddress, Int32(capacity), patience)
            for index in 0..<max(0, Int(count)) {
                let token = unsafe cl_epoll_token(buffer.baseAddress?.advanced(by: index))
                ready.append((token, Readiness(rawValue: unsafe buffer[index].events)))
            }
            return count
        }
        guard result != -EINTR else { return true }
        try Errno.check(result)
        for event in ready {
            watches[event.token]?.handler(event.readiness)
        }
        return meetDeadlines() || result > 0
    }
}
