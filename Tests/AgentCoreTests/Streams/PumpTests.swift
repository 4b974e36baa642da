import Linux
import Testing

@testable import AgentCore

@Suite("Pumps between descriptors")
final class PumpTests {
    private let loop: EventLoop
    private let source: Ends
    private let sink: Ends
    private var pump: Pump?
    private var finished = 0

    init() throws {
        ProcessSetup.ignoreBrokenPipes()
        loop = try EventLoop()
        source = try Ends.pipe()
        sink = try Ends.pipe()
    }

    private func start(_ ending: Pump.Ending = .close) throws {
        pump = try Pump(
            loop, from: source.takeFirst(), to: sink.takeSecond(), ending: ending
        ) { [unowned self] in
            finished += 1
        }
    }

    private static func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    }

    @Test("bytes are carried, and then the end")
    func carries() throws {
        try start()

        _ = try source.write([1, 2, 3])
        try loop.settle()
        let bytes = try sink.read()
        _ = try source.takeSecond()
        try loop.settle()

        #expect(bytes == [1, 2, 3])
        #expect(try sink.read() == [])
        #expect(finished == 1)
    }

    @Test("a socket learns of the end, too")
    func shutsDown() throws {
        let sockets = try Ends.sockets()
        pump = try Pump(
            loop, from: source.takeFirst(), to: sockets.takeSecond(), ending: .shutdown
        ) {}

        _ = try source.write([7])
        _ = try source.takeSecond()
        try loop.settle()

        #expect(try sockets.read() == [7])
        #expect(try sockets.read() == [])
    }

    @Test("a sink that takes no more holds the source up, and nothing is lost")
    func backPressure() throws {
        try start()
        let bytes = Self.bytes(2_000_000)
        var written = 0
        var before = -1

        // Both pipes and the pump are full when nothing more is taken.
        while written > before {
            before = written
            do {
                while written < bytes.count {
                    written += try source.write(Array(bytes[written...]))
                }
            } catch let error as Errno where error == .wouldBlock {}
            try loop.settle()
        }
        let held = written
        var read: [UInt8] = []
        while read.count < held {
            read += try sink.readAvailable()
            try loop.settle()
        }

        #expect(held < 500_000)
        #expect(read == Array(bytes[..<held]))
        #expect(finished == 0)
    }

    @Test("a sink that nobody reads ends the source")
    func readerGone() throws {
        try start()
        _ = try sink.takeFirst()

        try loop.settle()

        #expect(finished == 1)
        #expect(throws: Errno.brokenPipe) { try source.write([1]) }
    }

    @Test("a sink that is gone while the pump waits for it ends the source")
    func readerGoneWhileFull() throws {
        try start()
        _ = try source.write(Self.bytes(65536))
        try loop.settle()
        _ = try source.write(Self.bytes(65536))
        try loop.settle()

        _ = try sink.takeFirst()
        try loop.settle()

        #expect(finished == 1)
        #expect(throws: Errno.brokenPipe) { try source.write([1]) }
    }

    @Test("draining carries what is there, and does not wait for other writers")
    func drains() throws {
        try start()
        _ = try source.write([1, 2, 3])

        pump?.drain()

        #expect(finished == 1)
        #expect(try sink.readAvailable() == [1, 2, 3])
    }

    @Test("draining waits for a sink that is full")
    func drainsSlowly() throws {
        try start()
        let bytes = Self.bytes(65536 * 2)
        _ = try source.write(Array(bytes[..<65536]))
        try loop.settle()
        _ = try source.write(Array(bytes[65536...]))

        pump?.drain()
        try loop.settle()
        let isFinishedWhileFull = finished > 0
        var read: [UInt8] = []
        while read.count < bytes.count {
            read += try sink.readAvailable()
            try loop.settle()
        }

        #expect(!isFinishedWhileFull)
        #expect(finished == 1)
        #expect(read == bytes)
    }

    @Test("a cancelled pump has closed both descriptors and says so once")
    func cancel() throws {
        try start()
        _ = try source.write([1])

        pump?.cancel()
        pump?.cancel()
        pump?.drain()

        #expect(finished == 1)
        #expect(pump?.isFinished == true)
        #expect(try sink.read() == [])
        #expect(throws: Errno.brokenPipe) { try source.write([1]) }
    }
}
