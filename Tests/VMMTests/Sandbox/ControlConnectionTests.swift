import Linux
import Protocols
import Testing

@testable import VMM

/// One caller of the control socket, whatever it sends.
@Suite struct ControlConnectionTests {
    private final class Bench {
        let loop: EventLoop
        let client: ControlClient
        private(set) var connection: ControlConnection?
        var requests: [SandboxRequest] = []
        var ends = 0
        var onRequest: (ControlConnection) -> Void = { _ in }

        init() throws {
            // As the sandbox does.
            ProcessSetup.ignoreBrokenPipes()
            loop = try EventLoop()
            let pair = try UnixSocket.pair()
            client = try ControlClient(pair.second.duplicate())
            connection = try ControlConnection(loop: loop, pair.first.duplicate()) {
                [unowned self] request, connection in
                requests.append(request)
                onRequest(connection)
            }
            connection?.onEnd = { [unowned self] in ends += 1 }
        }

        func drop() {
            connection = nil
        }
    }

    @Test func hearsAndAnswers() throws {
        let bench = try Bench()
        bench.onRequest = { $0.send(SandboxReply(status: .created)) }
        try bench.client.send(.query)
        try bench.client.send(.start)
        try bench.loop.settle()
        #expect(bench.requests.map(\.body) == [.query, .start])
        #expect(try bench.client.replies() == [.init(status: .created), .init(status: .created)])
        #expect(bench.ends == 0)
    }

    @Test func takesFramesInPieces() throws {
        let bench = try Bench()
        let frame = Frame.encode(SandboxRequest(container: "c", body: .handOver(pid: 7)))
        for byte in frame + frame {
            try bench.client.send([byte])
            try bench.loop.settle()
        }
        #expect(bench.requests.map(\.body) == [.handOver(pid: 7), .handOver(pid: 7)])
    }

    /// The environment of one process may have some megabytes (execve(2)).
    @Test func takesLargeRequests() throws {
        let bench = try Bench()
        var plan = ProcessPlan()
        plan.environment = (0..<40).map { "A\($0)=" + String(repeating: "x", count: 100_000) }
        let body = SandboxRequest.Body.startProcess(name: "p", plan)
        var rest = Frame.encode(SandboxRequest(container: "c", body: body))[...]
        while !rest.isEmpty {
            try bench.client.send(Array(rest.prefix(65536)))
            rest = rest.dropFirst(65536)
            try bench.loop.settle()
        }
        #expect(bench.requests.map(\.body) == [body])
    }

    @Test(arguments: [
        [UInt8](repeating: 0xff, count: 100), [0, 0, 0, 0], [3, 0, 0, 0, 1, 2, 3],
        // One byte more than a request may have.
        [1, 0, 0, 1], Array("GET / HTTP/1.0\r\n\r\n".utf8),
    ])
    func endsOneThatMakesNoSense(bytes: [UInt8]) throws {
        let bench = try Bench()
        try bench.client.send(bytes)
        try bench.loop.settle()
        #expect(bench.requests.isEmpty)
        #expect(bench.ends == 1)
        _ = try bench.client.replies()
        #expect(bench.client.isOver)
        bench.connection?.send(SandboxReply(status: .created))
        try bench.loop.settle()
        #expect(bench.ends == 1)
    }

    @Test func hearsOfTheEndOnce() throws {
        let bench = try Bench()
        try bench.client.send([1, 2])
        bench.client.close()
        try bench.loop.settle()
        #expect(bench.ends == 1)
        #expect(bench.requests.isEmpty)
    }

    @Test func aRequestBeforeTheEndCounts() throws {
        let bench = try Bench()
        try bench.client.send(.query)
        bench.client.close()
        bench.onRequest = { $0.send(SandboxReply(status: .created)) }
        try bench.loop.settle()
        #expect(bench.requests.count == 1)
        #expect(bench.ends == 1)
    }

    @Test func closesWithoutAWord() throws {
        let bench = try Bench()
        bench.onRequest = { $0.close() }
        try bench.client.send(.query)
        try bench.client.send(.query)
        try bench.loop.settle()
        #expect(bench.requests.count == 1)
        #expect(bench.ends == 0)
        _ = try bench.client.replies()
        #expect(bench.client.isOver)
    }

    @Test func passesDescriptorsOn() throws {
        let bench = try Bench()
        let probe = try Probe()
        var taken: PassedDescriptors?
        bench.onRequest = { taken = $0.takeDescriptors() }
        try bench.client.send(.query, passing: [probe.number, probe.number, probe.number])
        try bench.loop.settle()
        #expect(taken?.count == 3)
        taken = nil
        #expect(probe.isClosedElsewhere())
    }

    /// As many as one message can have are taken, more are not.
    @Test func endsOneThatHeapsUpDescriptors() throws {
        let bench = try Bench()
        let probe = try Probe()
        let most = [Int32](repeating: probe.number, count: 253)
        for numbers in [most, [probe.number]] {
            try bench.client.send(.query, passing: numbers)
            try bench.loop.settle()
        }
        #expect(bench.requests.count == 1)
        #expect(bench.ends == 1)
        #expect(probe.isClosedElsewhere())
    }

    @Test func closesWhatNobodyTakes() throws {
        let bench = try Bench()
        let probe = try Probe()
        try bench.client.send(.query, passing: [probe.number])
        try bench.loop.settle()
        bench.drop()
        #expect(probe.isClosedElsewhere())
    }

    @Test func aSlowReaderGetsEverythingInOrder() throws {
        let bench = try Bench()
        let count = 20_000
        for number in 0..<count {
            var reply = SandboxReply(
                failure: Failure(message: String(repeating: "x", count: 100)), status: .running)
            reply.exitStatus = Int32(number)
            bench.connection?.send(reply)
        }
        var seen: [Int32?] = []
        while seen.count < count {
            let some = try bench.client.replies()
            seen += some.map(\.exitStatus)
            guard try !some.isEmpty || bench.loop.runOnce(timeoutMilliseconds: 1000) else { break }
        }
        #expect(seen == (0..<count).map { Int32($0) })
    }
}
