internal import Devices
internal import Linux
internal import Protocols

/// The standard streams of one process: which descriptor belongs to which port of the host. Belongs to the event loop's
/// thread.
internal final class ProcessStreams {
    /// How many descriptors of the host they are.
    static func descriptorCount(of plan: ProcessPlan) -> Int { plan.terminal ? 1 : 3 }

    private let firstPort: UInt32
    private let hasTerminal: Bool
    private var stdin: ByteStream?
    private var stdout: ByteStream?
    private var stderr: ByteStream?
    private var connected: Set<UInt32> = []
    /// The ports for the agent; a guest that is a copy may have connected to them before it is told.
    let ports: Streams

    /// Takes over the streams; with a terminal `stdin` is its slave and the others are not used.
    init(
        stdin: consuming ByteStream?, stdout: consuming ByteStream?, stderr: consuming ByteStream?,
        hasTerminal: Bool, firstPort: UInt32
    ) {
        var ports = Streams()
        if stdin != nil { ports.stdin = firstPort }
        if !hasTerminal, stdout != nil { ports.stdout = firstPort + 1 }
        if !hasTerminal, stderr != nil { ports.stderr = firstPort + 2 }
        self.ports = ports
        self.firstPort = firstPort
        self.hasTerminal = hasTerminal
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
    }

    /// The host's end for a port that the guest connects to; nil where it was given away already or never existed.
    func take(_ port: UInt32, loop: EventLoop) -> HostStream? {
        guard port >= firstPort, port - firstPort < Streams.portCount,
            let stream = stream(port - firstPort, loop)
        else { return nil }
        connected.insert(port)
        return stream
    }

    private func stream(_ index: UInt32, _ loop: EventLoop) -> HostStream? {
        switch index {
        case 0:
            guard let stream = stdin.take() else { return nil }
            guard hasTerminal else { return HostStream(loop: loop, reading: stream, writing: nil) }
            return HostStream(loop: loop, both: stream)
        case 1:
            guard let stream = stdout.take() else { return nil }
            return HostStream(loop: loop, reading: nil, writing: stream)
        default:
            guard let stream = stderr.take() else { return nil }
            return HostStream(loop: loop, reading: nil, writing: stream)
        }
    }

    /// A connection of the guest is gone; false where the port is not one of these.
    func closed(_ port: UInt32) -> Bool {
        connected.remove(port) != nil
    }

    /// Nothing is on its way any more.
    var areClosed: Bool { connected.isEmpty }
}
