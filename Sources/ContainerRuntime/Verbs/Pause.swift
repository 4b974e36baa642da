package import OCISpec
internal import Protocols

/// The verbs `pause` and `resume`: all processes of the container stop, or go on.
package enum Pause {
    package static func run(
        _ id: ContainerID, frozen: Bool, root: String
    ) throws(RuntimeError) {
        let container = try ExistingContainer(id, root: root, locked: true)
        switch try container.status() {
        case .running, .created:
            guard frozen else { throw .usage("container not paused") }
        case .paused:
            guard !frozen else { throw .usage("container already paused") }
        case .creating, .stopped: throw .usage("container not running or created")
        }
        var client = try container.client()
        try client.ask(.freezeContainer(container: id.text, frozen: frozen))
    }
}
