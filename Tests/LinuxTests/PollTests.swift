import Glibc
import Linux
import Testing

@Suite("Polls")
struct PollTests {
    @Test("those are ready whose event has come")
    func ready() throws {
        let idle = try OwnedFD.pipe()
        let full = try OwnedFD.pipe()
        try full.second.writeAll([1])
        var poll = Poll()
        let entries = [
            poll.add(idle.first.rawValue, reading: true),
            poll.add(idle.second.rawValue, writing: true),
            poll.add(full.first.rawValue, reading: true), poll.add(full.first.rawValue),
            poll.add(nil, reading: true),
        ]

        try poll.wait()

        #expect(entries.map { poll.isReady($0) } == [false, true, true, false, false])
    }

    @Test("nothing is ready when the time is over")
    func timeout() throws {
        let pipe = try OwnedFD.pipe()
        var poll = Poll()
        let entry = poll.add(pipe.first.rawValue, reading: true)

        try poll.wait(timeout: 0)

        #expect(!poll.isReady(entry))
    }

    @Test("the end of the other side counts, and so does a file")
    func ends() throws {
        let reader = try OwnedFD.pipe().keepingFirst()
        let file = try OwnedFD.memoryFile("file")
        var poll = Poll()
        let entries = [
            poll.add(reader.rawValue, reading: true), poll.add(file.rawValue, reading: true),
        ]

        try poll.wait()

        #expect(entries.map { poll.isReady($0) } == [true, true])
    }

    @Test("a counter wakes whoever waits, and is zero when it has been drained")
    func counter() throws {
        let event = try EventFD()
        let before = event.drain()

        event.signal()
        event.signal()
        var poll = Poll()
        _ = poll.add(event.descriptor.rawValue, reading: true)
        try poll.wait()

        #expect(!before)
        #expect(event.drain() == true)
        #expect(event.drain() == false)
    }

    @Test("a timer fires once, and not when it was disarmed")
    func timer() throws {
        let armed = try TimerFD()
        let disarmed = try TimerFD()
        try disarmed.set(milliseconds: 1)
        try disarmed.set(milliseconds: 0)
        try armed.set(milliseconds: 2)
        var poll = Poll()
        let entry = poll.add(armed.descriptor.rawValue, reading: true)

        try poll.wait()

        #expect(poll.isReady(entry))
        #expect(armed.drain() == true)
        #expect(armed.drain() == false)
        #expect(disarmed.drain() == false)
    }
}
