import Linux
import Testing

@testable import VMM

@Suite("A bell that is answered now and then")
struct PacedBellTests {
    private final class Count { var value = 0 }

    /// Runs the loop for so long.
    private func run(_ loop: EventLoop, milliseconds: Int) throws {
        let end = ContinuousClock().now + .milliseconds(milliseconds)
        while ContinuousClock().now < end { try loop.runOnce(timeoutMilliseconds: 1) }
    }

    @Test("it is answered at once, and what comes in the pause after that")
    func pace() throws {
        let loop = try EventLoop()
        let bell = try Bell()
        let count = Count()
        let paced = try PacedBell(bell, on: loop, every: 200) {
            bell.event.drain()
            count.value += 1
        }
        for _ in 0..<5 {
            bell.event.signal()
            try run(loop, milliseconds: 5)
        }
        #expect(count.value == 1)
        try run(loop, milliseconds: 300)
        #expect(count.value == 2)
        try run(loop, milliseconds: 300)
        #expect(count.value == 2)
        bell.event.signal()
        try run(loop, milliseconds: 5)
        #expect(count.value == 3)
        withExtendedLifetime(paced) {}
    }
}
