internal import Protocols

/// Where in its life a container is (OCI runtime specification, "State"; `paused` is runc's).
package enum ContainerStatus: String, Sendable {
    case creating
    case created
    case running
    case paused
    case stopped

    init(_ status: SandboxReply.Status) {
        self =
            switch status {
            case .creating: .creating
            case .created: .created
            case .running: .running
            case .paused: .paused
            case .stopped: .stopped
            }
    }
}
