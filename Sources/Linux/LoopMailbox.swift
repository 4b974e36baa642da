/// How other threads get work done on the thread of an event loop.
///
/// Whoever owns the loop makes the mailbox there and closes it before the loop stops for good.
package final class LoopMailbox: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var closed = false
    }

    private let state = Lock(State())
    private let event: EventFD

    package init() throws(Errno) {
        event = try EventFD()
    }

    /// Begins to carry out jobs; to be called on the loop's thread.
    package func attach(to loop: EventLoop) throws(Errno) {
        _ = try loop.add(event.descriptor, .readable) { [self] _ in runJobs() }
    }

    private func runJobs() {
        event.drain()
        let jobs = state.withLock { state in
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in jobs { job() }
    }

    /// Has a job done some time; false, and nothing happens, when the mailbox is closed.
    @discardableResult
    package func post(_ job: @escaping @Sendable () -> Void) -> Bool {
        let accepted = state.withLock { state in
            guard !state.closed else { return false }
            state.jobs.append(job)
            return true
        }
        if accepted { event.signal() }
        return accepted
    }

    /// Has a job done and waits for its end, or for the mailbox to be closed. Never to be called on the loop's thread.
    package func performAndWait(_ job: @escaping @Sendable () -> Void) {
        let done = Semaphore()
        // Signalled when the closure goes, also where it never ran.
        let release = OnRelease { done.signal() }
        guard post({ withExtendedLifetime(release, job) }) else { return }
        _ = consume release
        done.wait()
    }

    /// Refuses further jobs and drops those that wait.
    package func close() {
        let dropped = state.withLock { state in
            state.closed = true
            defer { state.jobs = [] }
            return state.jobs
        }
        _ = dropped
    }
}

private final class OnRelease: Sendable {
    private let action: @Sendable () -> Void

    init(_ action: @escaping @Sendable () -> Void) {
        self.action = action
    }

    deinit {
        action()
    }
}
