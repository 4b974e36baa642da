import Glibc
import Linux
import Testing

@Suite("Signals and threads")
struct SignalTests {
    @Test("a set has one bit per signal")
    func set() {
        #expect(SignalSet().bits == 0)
        #expect(SignalSet(SIGHUP, SIGTERM).bits == 1 << 0 | 1 << 14)
        #expect(SignalSet(64).bits == 1 << 63)
        #expect(SignalSet.all.bits == UInt64.max)
    }

    @Test("blocked signals are read one by one")
    func descriptor() throws {
        let seen = Order()

        // In a thread of its own, which has them blocked and gets them sent.
        let thread = try Thread.start(name: "signals") {
            guard let signals = try? SignalFD(blocking: SignalSet(SIGUSR1, SIGUSR2)) else { return }
            seen.append(Int(signals.next() ?? 0))
            raise(SIGUSR2)
            raise(SIGUSR1)
            raise(SIGUSR1)
            for _ in 0..<3 { seen.append(Int(signals.next() ?? 0)) }
        }
        thread.join()

        #expect(seen.numbers == [0, Int(SIGUSR1), Int(SIGUSR2), 0])
    }

    @Test("a signal reaches the thread that it is sent to")
    func toThread() throws {
        let ready = Semaphore()
        let sent = Semaphore()
        let seen = Order()
        let thread = try Thread.start(name: "target") {
            guard let signals = try? SignalFD(blocking: SignalSet(SIGUSR1)) else { return }
            ready.signal()
            sent.wait()
            seen.append(Int(signals.next() ?? 0))
        }

        ready.wait()
        thread.signal(SIGUSR1)
        sent.signal()
        thread.join()
        // Nothing happens when it is gone.
        thread.signal(SIGUSR1)

        #expect(seen.numbers == [Int(SIGUSR1)])
    }

    @Test("a thread has its name, cut to 15 bytes")
    func name() throws {
        let length = Order()
        let thread = try Thread.start(name: "a-name-that-is-too-long") {
            let file = try? OwnedFD.open("/proc/thread-self/comm", O_RDONLY)
            let bytes = try? file?.readAll(limit: 100)
            if bytes == Array("a-name-that-is-\n".utf8) { length.append(16) }
        }
        thread.join()

        #expect(length.numbers == [16])
    }
}
