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

    /// Sends a signal to the container's first process.
    package mutating func signal(_ number: Int32) throws(RuntimeError) {
        let signal = ProcessSignal(container: container, signal: UInt32(number))
        _ = try call(.agent(.signalProcess(signal)))
    }

    private mutating func call(_ body: SandboxRequest.Body) throws(RuntimeError) -> SandboxReply {
        do throws(Errno) {
            try channel.send(SandboxRequest(container: container, body: body))
        } catch {
            throw .system("write to the sandbox", error)
        }
        guard let reply = try channel.receive(SandboxReply.self) else {
            throw .system("read from the sandbox", .connectionReset)
        }
        if let failure = reply.failure { throw .container(failure) }
        return reply
    }
}
