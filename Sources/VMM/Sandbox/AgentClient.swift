internal import Devices
internal import Linux
internal import Protocols

/// The conversation with the guest's agent. The agent is not trusted: what it says concerns its own container only.
/// Belongs to the event loop's thread.
internal final class AgentClient {
    private var channel: FrameChannel?
    /// Made ahead: once the guest runs this process makes no sockets. The guest's end is given away.
    private let ours: HostStream
    private var guests: HostStream?
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
            guard version == protocolVersion else {
                return lose("the agent speaks version \(version), not \(protocolVersion)")
            }
            onReady()
        case .reply(let reply):
            pending.removeValue(forKey: reply.id)?(reply)
        case .processExited(let exit):
            onExit(exit)
        }
    }

    private func lose(_ reason: String) {
        channel?.close()
        pending = [:]
        onLost(reason)
    }
}
