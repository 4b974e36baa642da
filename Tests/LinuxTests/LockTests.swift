import Linux
import Testing

@Suite("Locks")
struct LockTests {
    private final class Ends: Sendable {
        let count = Lock(0)
    }

    private struct Thing: ~Copyable {
        let ends: Ends

        deinit {
            ends.count.withLock { $0 += 1 }
        }
    }

    private struct Single: ~Copyable {
        var count = 0
    }

    @Test("one thread at a time has the value")
    func exclusion() throws {
        let shared = Shared()
        let threads = try (0..<4).map { number in
            try Thread.start(name: "locker\(number)") {
                for _ in 0..<20_000 { shared.count.withLock { $0.count += 1 } }
            }
        }
        for thread in threads { thread.join() }

        #expect(shared.count.withLock { $0.count } == 80_000)
    }

    private final class Shared: Sendable {
        let count = Lock(Single())
    }

    @Test("an error leaves the lock free")
    func error() {
        let lock = Lock(1)

        #expect(throws: Errno.io) { try lock.withLock { (_) throws(Errno) in throw .io } }

        #expect(lock.withLock { $0 } == 1)
    }

    @Test("the value goes with the lock")
    func end() {
        let ends = Ends()
        do {
            let lock = Lock(Thing(ends: ends))
            lock.withLock { _ in }
            #expect(ends.count.withLock { $0 } == 0)
        }
        #expect(ends.count.withLock { $0 } == 1)
    }
}
