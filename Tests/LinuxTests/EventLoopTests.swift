import Linux
import Testing

@Suite("Event loops")
struct EventLoopTests {
    private let loop: EventLoop

    init() throws {
        loop = try EventLoop()
    }

    @Test("a handler is called while its descriptor is ready")
    func level() throws {
        let event = try EventFD()
        var calls = 0
        _ = try loop.add(event.descriptor, .readable) {
            #expect($0 == .readable); calls += 1
        }

        let before = try loop.runOnce(timeoutMilliseconds: 0)
        event.signal()
        try loop.runOnce(timeoutMilliseconds: -1)
        try loop.runOnce(timeoutMilliseconds: -1)
        event.drain()
        let after = try loop.runOnce(timeoutMilliseconds: 0)

        #expect(!before && !after)
        #expect(calls == 2)
    }

    @Test("a descriptor that is removed is not heard of")
    func removed() throws {
        let event = try EventFD()
        let registration = try loop.add(event.descriptor, .readable) { _ in Issue.record() }
        event.signal()

        loop.remove(registration)
        loop.remove(registration)

        #expect(try !loop.runOnce(timeoutMilliseconds: 0))
    }

    @Test("a handler may remove others whose event has come in the same round")
    func removedInRound() throws {
        let events = [try Bell(), try Bell()]
        var registrations: [EventLoop.Registration] = []
        var calls = 0
        for bell in events {
            registrations.append(
                try loop.add(bell.event.descriptor, .readable) { [loop] _ in
                    calls += 1
                    for registration in registrations { loop.remove(registration) }
                })
            bell.event.signal()
        }

        try loop.runOnce(timeoutMilliseconds: -1)

        #expect(calls == 1)
    }

    @Test("what is waited for can be changed")
    func change() throws {
        let pair = try UnixSocket.pair()
        var seen: [Readiness] = []
        let registration = try loop.add(pair.first, .readable) { seen.append($0) }

        let before = try loop.runOnce(timeoutMilliseconds: 0)
        try loop.change(registration, .writable)
        try loop.runOnce(timeoutMilliseconds: -1)

        #expect(!before)
        #expect(seen == [.writable])
        loop.remove(registration)
        #expect(throws: Errno.invalidArgument) { try loop.change(registration, .readable) }
    }

    @Test("a hang-up is told to those who wait for nothing")
    func hangUp() throws {
        var seen: [Readiness] = []
        let reader = try OwnedFD.pipe().keepingFirst()
        _ = try loop.add(reader, []) { seen.append($0) }

        try loop.runOnce(timeoutMilliseconds: -1)

        #expect(seen == [.hangUp])
    }

    @Test("a file cannot be watched")
    func file() throws {
        let file = try OwnedFD.memoryFile("file")

        #expect(throws: Errno.notPermitted) { try loop.add(file, .readable) { _ in } }
    }

    @Test("run comes back after the round in which it is stopped")
    func stop() throws {
        let event = try EventFD()
        _ = try loop.add(event.descriptor, .readable) { [loop] _ in loop.stop() }
        event.signal()

        try loop.run()
    }

    @Test("a deadline comes once, unless it is cancelled")
    func deadlines() throws {
        var order: [Int] = []
        let cancelled = Deadline(loop: loop, milliseconds: 1) { order.append(1) }
        let kept = Deadline(loop: loop, milliseconds: 2) { order.append(2) }
        let last = Deadline(loop: loop, milliseconds: 3) { [loop] in
            order.append(3)
            loop.stop()
        }
        cancelled.cancel()

        try loop.run()

        #expect(order == [2, 3])
        withExtendedLifetime((cancelled, kept, last)) {}
    }
}

@Suite("Mailboxes of event loops")
struct LoopMailboxTests {
    @Test("jobs of other threads are carried out on the loop's, in their order")
    func jobs() throws {
        let loop = try EventLoop()
        let mailbox = try LoopMailbox()
        try mailbox.attach(to: loop)
        let done = Order()

        let thread = try Thread.start(name: "poster") {
            for number in 0..<100 { mailbox.post { done.append(number) } }
            mailbox.performAndWait { done.append(100) }
            // Whoever waited knows that everything before is done.
            done.append(101)
        }
        while done.count < 101 { try loop.runOnce(timeoutMilliseconds: -1) }
        thread.join()

        #expect(done.numbers == Array(0...101))
    }

    @Test("a closed mailbox takes nothing, and nobody waits for it")
    func closed() throws {
        let mailbox = try LoopMailbox()
        let waiting = try Thread.start(name: "waiter") {
            mailbox.performAndWait { Issue.record("nobody runs the loop") }
        }

        mailbox.close()
        waiting.join()

        #expect(!mailbox.post { Issue.record("closed") })
        mailbox.performAndWait { Issue.record("closed") }
    }
}
