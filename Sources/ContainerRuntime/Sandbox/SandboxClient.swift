internal import Linux
internal import OCISpec
internal import Protocols

/// Asks a running sandbox for things, over its control socket. One request at a time.
package struct SandboxClient: ~Copyable {
    private let container: String
    private var channel: FrameChannel

    package init(_ directory: borrowing ContainerDirectory) throws(RuntimeError) {
        container = directory.id.text
        do throws(Errno) {
            channel = FrameChannel(try UnixSocket.connect(to: directory.socketPath))
        } catch {
            throw .system("connect to the sandbox", error)
        }
    }

    /// Lets the created container run its program.
    package mutating func start() throws(RuntimeError) {
        _ = try call(.start)
    }

    mutating func query() throws(RuntimeError) -> SandboxReply {
        try call(.query)
    }

    /// Sends a signal to the container's first process, or to all. A guest that does not answer within `milliseconds`
    /// is an error; -1: for ever.
    package mutating func signal(
        _ number: Int32, all: Bool = false, milliseconds: Int32 = -1
    ) throws(RuntimeError) {
        let signal = ProcessSignal(container: container, signal: UInt32(number), all: all)
        _ = try call(.agent(.signalProcess(signal)), milliseconds: milliseconds)
    }

    /// Asks the agent.
    @discardableResult
    mutating func ask(_ body: AgentRequest.Body) throws(RuntimeError) -> AgentReply {
        guard let reply = try call(.agent(body)).agent else {
            throw .protocolViolation("no answer of the agent")
        }
        return reply
    }

    /// Starts a process with these streams. It belongs to this connection, which is to be handed over (`descriptor`).
    mutating func startProcess(
        _ name: String, _ plan: ProcessPlan, _ streams: StandardStreams
    ) throws(RuntimeError) {
        _ = try call(
            .startProcess(name: name, plan), passing: streams.numbers,
            blocking: streams.blockingMask)
    }

    /// Creates one more container in the machine. It belongs to this connection, which is to be handed over. The descriptors stay
    /// the caller's.
    mutating func addContainer(
        _ plan: ContainerPlan, _ shares: [Share], _ streams: StandardStreams
    ) throws(RuntimeError) {
        _ = try call(
            .addContainer(plan, shares), passing: streams.numbers + shares.map(\.descriptor),
            blocking: streams.blockingMask)
    }

    /// Joins a card of the machine with the queues of a tap or with a stream socket, whose descriptors stay the caller's; the
    /// guest makes it the interface.
    mutating func attach(_ interface: NetworkInterface, _ ends: [Int32]) throws(RuntimeError) {
        _ = try call(.attachInterface(interface), passing: ends)
    }

    /// Has the guest change an interface that a card is.
    mutating func change(_ interface: NetworkInterface) throws(RuntimeError) {
        try ask(.configureNetwork(container: container, interface))
    }

    /// Takes the interface that the card of a slot is from the guest.
    mutating func detach(_ slot: UInt32) throws(RuntimeError) {
        _ = try call(.detachInterface(slot: slot))
    }

    /// The connection to the sandbox. Borrowed.
    var descriptor: Int32 { channel.socket.rawValue }

    private mutating func call(
        _ body: SandboxRequest.Body, passing descriptors: [Int32] = [], blocking: UInt32 = 0,
        milliseconds: Int32 = -1
    ) throws(RuntimeError) -> SandboxReply {
        var request = SandboxRequest(container: container, body: body)
        request.blockingDescriptors = blocking
        do throws(Errno) {
            try channel.send(request, passing: descriptors)
        } catch {
            throw .system("write to the sandbox", error)
        }
        if milliseconds >= 0 { try waitForReply(milliseconds) }
        guard let reply = try channel.receive(SandboxReply.self) else {
            throw .system("read from the sandbox", .connectionReset)
        }
        if let failure = reply.failure { throw .container(failure) }
        return reply
    }

    private func waitForReply(_ milliseconds: Int32) throws(RuntimeError) {
        var poll = Poll()
        let answered = poll.add(channel.socket.rawValue, reading: true)
        try RuntimeError.wrap("poll") { () throws(Errno) in try poll.wait(timeout: milliseconds) }
        guard poll.isReady(answered) else { throw .system("read from the sandbox", .timedOut) }
    }
}
