import Linux
import Protocols
import Testing

@testable import AgentCore

@Suite("The connection for requests")
final class ControlChannelTests {
    private let loop: EventLoop
    private let host: Ends
    private var channel: ControlChannel?
    private var requests: [AgentRequest] = []
    private var garbage = 0
    private var ends = 0

    init() throws {
        ProcessSetup.ignoreBrokenPipes()
        loop = try EventLoop()
        let sockets = try Ends.sockets()
        host = sockets
        // The host has the first end for reading, and a copy of it for writing.
        channel = try ControlChannel(loop, sockets.takeSecond()) { [unowned self] in received($0) }
    }

    private func received(_ event: ControlChannel.Event) {
        switch event {
        case .request(let request): requests.append(request)
        case .garbage: garbage += 1
        case .ended: ends += 1
        }
    }

    private func send(_ bytes: [UInt8]) throws {
        try host.first?.writeAll(bytes)
        try loop.settle()
    }

    private static let request = AgentRequest(id: 7, body: .startContainer(container: "c"))

    @Test("requests are told one by one")
    func several() throws {
        try send(Frame.encode(Self.request) + Frame.encode(AgentRequest(id: 8, body: .shutdown)))

        #expect(requests == [Self.request, AgentRequest(id: 8, body: .shutdown)])
    }

    @Test("a request may come in pieces")
    func pieces() throws {
        for byte in Frame.encode(Self.request) { try send([byte]) }

        #expect(requests == [Self.request])
    }

    @Test("what is no request ends the connection, and nothing after it is read")
    func noRequest() throws {
        let body: [UInt8] = [0xff, 0xff]
        try send(Frame.encode(Self.request) + [2, 0, 0, 0] + body + Frame.encode(Self.request))
        try send(Frame.encode(Self.request))

        #expect(requests == [Self.request])
        #expect(garbage == 1)
    }

    @Test("the end of the connection is told once")
    func end() throws {
        _ = try host.takeFirst()

        try loop.settle()
        try loop.settle()

        #expect(ends == 1)
    }

    @Test("messages that the host does not take wait, in their order")
    func unsent() throws {
        let count = 5000
        for id in 1...UInt64(count) { channel?.send(.reply(AgentReply(id: id))) }
        let hadUnsent = channel?.hasUnsent
        var reader = FrameReader()
        var ids: [UInt64] = []

        while ids.count < count {
            reader.append(try host.readAvailable())
            while let body = try reader.next() {
                guard case .reply(let reply) = try AgentMessage(decoding: body) else { break }
                ids.append(reply.id)
            }
            try loop.settle()
        }

        #expect(hadUnsent == true)
        #expect(ids == Array(1...UInt64(count)))
        #expect(channel?.hasUnsent == false)
    }
}
