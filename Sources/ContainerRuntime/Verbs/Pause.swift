package import OCISpec
internal import Protocols

/// The verbs `pause` and `resume`: all processes of the container stop, or go on.
package enum Pause {
    package static func run(
        _ id: ContainerID, frozen: Bool, root: String
    ) throws(RuntimeError) {
        let container = try ExistingContainer(id, root: root, locked: true)
        switch (try container.status(), frozen) {
        case (.running, true), (.created, true), (.paused, false): break
        case (_, true): throw .notRunning
        case (_, false): throw .usage("container not paused")
        }
        var client = try container.client()
        try client.ask(.freezeContainer(container: id.text, frozen: frozen))
    }
}
