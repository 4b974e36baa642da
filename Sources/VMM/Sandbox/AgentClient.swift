internal import Devices
internal import Linux
internal import Protocols

/// The conversation with the guest's agent. The agent is not trusted: what it says concerns its own container only.
/// Belongs to the event loop's thread.
internal final class AgentClient {
    /// Longer words of the guest's are cut off: they go to logs and to people.
    private static let longestMessage = 4096

    private var channel: FrameChannel?
    /// Made ahead: once the guest runs this process makes no sockets. The guest's end is given away.
    private let ours: HostStream
    private var guests: HostStream?
    private var isReady = false
    private var nextID: UInt64 = 1
    private var pending: [UInt64: (AgentReply) -> Void] = [:]
    private let onReady: () -> Void
    private let onExit: (ProcessExit) -> Void
    private let onLost: (String) -> Void

    /// `onReady` is called once the agent has said hello, `onLost` when the conversation is over or makes no sense.
    init(
        loop: EventLoop, onReady: @escaping () -> Void, onExit: @escaping (ProcessExit) -> Void,
        onLost: @escaping (String) -> Void
    ) throws(Errno) {
        let ends = try Self.connectedPair(loop)
        ours = ends.ours
        guests = ends.guests
        self.onReady = onReady
        self.onExit = onExit
        self.onLost = onLost
    }

    /// The guest's end of a new conversation; nil when there is one already.
    func accept() -> HostStream? {
        guard let end = guests.take() else { return nil }
        channel = FrameChannel(
            ours, limit: Frame.maximumAgentSize,
            onFrame: { [weak self] in self?.receive($0) },
            onEnd: { [weak self] in self?.lose("the agent has closed its connection") })
        return end
    }

    private static func connectedPair(
        _ loop: EventLoop
    ) throws(Errno) -> (ours: HostStream, guests: HostStream) {
        let pair = try UnixSocket.pair()
        return (
            HostStream(loop: loop, both: try pair.first.duplicate()),
            HostStream(loop: loop, both: try pair.second.duplicate())
        )
    }

    func request(_ body: AgentRequest.Body, _ then: @escaping (AgentReply) -> Void) {
        let id = nextID
        nextID += 1
        pending[id] = then
        channel?.send(AgentRequest(id: id, body: body))
    }

    private func receive(_ frame: [UInt8]) {
        let message: AgentMessage
        do throws(MessageError) {
            message = try AgentMessage(decoding: frame)
        } catch {
            return lose("the agent sent a message that makes no sense (\(error))")
        }
        switch message {
        case .ready(let version, _):
            // Each greeting would be answered with requests: one is enough.
            guard !isReady else { return lose("the agent says hello again") }
            guard version == protocolVersion else {
                return lose("the agent speaks version \(version), not \(protocolVersion)")
            }
            isReady = true
            onReady()
        case .reply(var reply):
            reply.failure = reply.failure.map(Self.guests)
            pending.removeValue(forKey: reply.id)?(reply)
        case .processExited(let exit):
            guard isReady else { return lose("the agent tells of a process before it says hello") }
            onExit(exit)
        }
    }

    /// What a guest may say went wrong: short, and nothing of the machine that it runs in.
    private static func guests(_ failure: Failure) -> Failure {
        var failure = failure
        if failure.kind == .badTemplate || failure.kind == .guestLost { failure.kind = .other }
        if failure.message.utf8.count > longestMessage {
            failure.message = String(
                decoding: failure.message.utf8.prefix(longestMessage), as: UTF8.self)
        }
        return failure
    }

    private func lose(_ reason: String) {
        channel?.close()
        pending = [:]
        onLost(reason)
    }
}
