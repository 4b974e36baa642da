internal import CLinux
internal import Devices
internal import Glibc
internal import Linux
internal import Protocols

/// The standard streams of a container's process: which descriptor belongs to which port of the host.
/// Belongs to the event loop's thread.
internal final class ContainerStreams {
    private static let stdinPort = firstStreamPort
    private static let stdoutPort = firstStreamPort + 1
    private static let stderrPort = firstStreamPort + 2

    private var stdin: OwnedFD?
    private var stdout: OwnedFD?
    private var stderr: OwnedFD?
    private let hasTerminal: Bool
    /// Stays open besides the stream's own descriptor: a terminal's size is asked here.
    private var terminal: OwnedFD?

    /// Takes over the descriptors; a terminal becomes the controlling one of this process, so that SIGWINCH comes.
    init(_ descriptors: Descriptors, hasTerminal: Bool) throws(Errno) {
        self.hasTerminal = hasTerminal
        if descriptors.stdin >= 0 { stdin = OwnedFD(taking: descriptors.stdin) }
        if descriptors.stdout >= 0 { stdout = OwnedFD(taking: descriptors.stdout) }
        if descriptors.stderr >= 0 { stderr = OwnedFD(taking: descriptors.stderr) }
        guard hasTerminal, descriptors.stdin >= 0 else { return }
        terminal = try OwnedFD.duplicating(descriptors.stdin)
        try Errno.check(cl_ioctl_value(descriptors.stdin, UInt(TIOCSCTTY), 0))
    }

    /// The ports for the agent.
    var ports: Streams {
        var ports = Streams()
        if stdin != nil { ports.stdin = Self.stdinPort }
        if !hasTerminal, stdout != nil { ports.stdout = Self.stdoutPort }
        if !hasTerminal, stderr != nil { ports.stderr = Self.stderrPort }
        return ports
    }

    /// The host's end for a port that the guest connects to; nil where it was given away already or never existed.
    func take(_ port: UInt32, loop: EventLoop) -> HostStream? {
        switch port {
        case Self.stdinPort:
            guard let descriptor = stdin.take() else { return nil }
            guard hasTerminal else { return HostStream(loop: loop, input: descriptor, output: nil) }
            return try? HostStream(loop: loop, both: descriptor)
        case Self.stdoutPort:
            guard let descriptor = stdout.take() else { return nil }
            return HostStream(loop: loop, input: nil, output: descriptor)
        case Self.stderrPort:
            guard let descriptor = stderr.take() else { return nil }
            return HostStream(loop: loop, input: nil, output: descriptor)
        default:
            return nil
        }
    }

    /// Rows and columns of the terminal; nil without one.
    var windowSize: (rows: UInt32, columns: UInt32)? {
        guard terminal != nil else { return nil }
        var size = winsize()
        // SAFETY: the structure outlives the call, which fills it.
        guard unsafe cl_ioctl(terminal?.rawValue ?? -1, UInt(TIOCGWINSZ), &size) == 0 else {
            return nil
        }
        return (UInt32(size.ws_row), UInt32(size.ws_col))
    }
}
