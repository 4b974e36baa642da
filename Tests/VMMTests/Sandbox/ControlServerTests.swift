import Foundation
import Linux
import Protocols
import Testing

@testable import VMM

@Suite struct ControlServerTests {
    private final class Bench {
        let loop: EventLoop
        private let path: String
        private var server: ControlServer?
        var served = 0

        init() throws {
            // As the sandbox does.
            ProcessSetup.ignoreBrokenPipes()
            loop = try EventLoop()
            path = NSTemporaryDirectory() + "vmrun-test-" + UUID().uuidString
            let listener = try UnixSocket.listen(at: path)
            server = try ControlServer(loop: loop, listener: listener) {
                [unowned self] _, connection in
                served += 1
                connection.send(SandboxReply(status: .running))
            }
        }

        func client() throws -> ControlClient { try ControlClient(UnixSocket.connect(to: path)) }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    @Test func servesManyAtOnce() throws {
        let bench = try Bench()
        let clients = try (0..<10).map { _ in try bench.client() }
        for client in clients { try client.send(.query) }
        try bench.loop.settle()
        for client in clients { #expect(try client.replies() == [.init(status: .running)]) }
    }

    @Test func goesOnAfterCallersWithoutSense() throws {
        let bench = try Bench()
        let good = try bench.client()
        for bytes in [[UInt8](repeating: 0xff, count: 50), [], [9, 0, 0]] {
            let bad = try bench.client()
            if !bytes.isEmpty { try bad.send(bytes) }
            try bench.loop.settle()
            bad.close()
        }
        try bench.loop.settle()
        try good.send(.query)
        try bench.loop.settle()
        #expect(try good.replies() == [.init(status: .running)])
        #expect(bench.served == 1)
    }

    @Test func servesAsManyAsComeOneAfterTheOther() throws {
        let bench = try Bench()
        for _ in 0..<1500 {
            let client = try bench.client()
            try client.send(.query)
            _ = try bench.loop.runOnce(timeoutMilliseconds: 1000)
            _ = try bench.loop.runOnce(timeoutMilliseconds: 1000)
            client.close()
        }
        try bench.loop.settle()
        #expect(bench.served == 1500)
    }
}
