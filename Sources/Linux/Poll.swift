internal import Glibc

/// poll(2) over borrowed descriptors, regular files among them, which epoll(7) refuses.
package struct Poll {
    private var entries: [pollfd] = []

    package init() {}

    /// One descriptor of the set.
    package struct Entry: Sendable {
        fileprivate let index: Int
    }

    /// Adds a descriptor that stays open until `wait` has returned; nil is never ready.
    package mutating func add(_ fd: Int32?, reading: Bool = false, writing: Bool = false) -> Entry {
        let events = (reading ? Int16(POLLIN) : 0) | (writing ? Int16(POLLOUT) : 0)
        entries.append(pollfd(fd: fd ?? -1, events: events, revents: 0))
        return Entry(index: entries.count - 1)
    }

    /// Waits until one is ready, or the time in milliseconds is over (-1: never).
    package mutating func wait(timeout: Int32 = -1) throws(Errno) {
        // SAFETY: the array is valid for its count for the length of the call.
        let result = unsafe entries.withUnsafeMutableBufferPointer { buffer in
            unsafe poll(buffer.baseAddress, nfds_t(buffer.count), timeout) < 0 ? errno : 0
        }
        guard result == 0 || result == EINTR else { throw Errno(rawValue: result) }
    }

    /// What was asked for has come, or the other side is gone, or the descriptor has an error.
    package func isReady(_ entry: Entry) -> Bool {
        entries[entry.index].revents != 0
    }
}
