internal import Linux

/// How the agent reaches the ports of its host.
enum AgentTransport {
    /// The host of the virtual machine.
    case vsock
    /// In tests: port N is the unix stream socket DIRECTORY/N.
    case unix(directory: String)

    /// Asks for a stream connection and does not wait for the answer.
    func beginConnecting(toPort port: UInt32) throws(Errno) -> OwnedFD {
        switch self {
        case .vsock: try VsockSocket.beginConnecting(toHostPort: port)
        case .unix: try connect(toPort: port)
        }
    }

    /// A blocking stream connection.
    func connect(toPort port: UInt32) throws(Errno) -> OwnedFD {
        switch self {
        case .vsock: try VsockSocket.connect(toHostPort: port)
        case .unix(let directory): try UnixSocket.connect(to: "\(directory)/\(port)")
        }
    }
}
