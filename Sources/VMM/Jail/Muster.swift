internal import Linux

/// Where the threads of a sandbox meet: no processor runs before every thread is confined.
internal final class Muster: Sendable {
    private struct State {
        var enlisted = 0
        var waiting = 0
        var failure: Jail.Failure?
        var mayBegin = false
    }

    private let jail: Jail
    private let state = Lock(State())
    private let arrival = Semaphore()
    private let beginning = Semaphore()

    init(_ jail: Jail) {
        self.jail = jail
    }

    /// To be called for each thread that is about to be started, with its kind: answers what the thread calls first. The
    /// thread ends where that answers false. Processors go on when all others are confined, too.
    func enlist(_ kind: Jail.ThreadKind, count: Int = 1) -> @Sendable () -> Bool {
        state.withLock { $0.enlisted += count }
        return { [self] in arrive(kind) }
    }

    private func arrive(_ kind: Jail.ThreadKind) -> Bool {
        var isConfined = true
        do throws(Jail.Failure) {
            try jail.seal(kind)
        } catch {
            isConfined = false
            state.withLock { $0.failure = error }
        }
        guard case .processor = kind else {
            arrival.signal()
            return isConfined
        }
        state.withLock { $0.waiting += 1 }
        arrival.signal()
        beginning.wait()
        return state.withLock { $0.mayBegin }
    }

    /// Waits for all, confines the calling thread as the event loop's, and lets the processors begin. Where any of that
    /// fails they end.
    func begin() throws(Jail.Failure) {
        let enlisted = state.withLock { $0.enlisted }
        for _ in 0..<enlisted { arrival.wait() }
        var failure = state.withLock { $0.failure }
        if failure == nil {
            do throws(Jail.Failure) {
                try jail.seal(.loop)
            } catch let error {
                failure = error
            }
        }
        let waiting = state.withLock { state in
            state.mayBegin = failure == nil
            return state.waiting
        }
        for _ in 0..<waiting { beginning.signal() }
        if let failure { throw failure }
    }
}
