package import OCISpec

/// The verb `refresh-network`, which the watcher of a container's network namespace calls: lets the guest have what the
/// namespace has now.
package enum RefreshNetwork {
    /// A container that is gone has no network; what cannot be done is a warning.
    package static func run(_ id: ContainerID, root: String, log: Log) {
        do throws(RuntimeError) {
            try refresh(id, root: root)
        } catch .containerNotFound, .notRunning {
        } catch {
            log.write(.warning, "\(error)")
        }
    }

    private static func refresh(_ id: ContainerID, root: String) throws(RuntimeError) {
        let container = try ExistingContainer(id, root: root, locked: true)
        switch try container.status() {
        case .created, .running, .paused: break
        case .creating, .stopped: return
        }
        var client = try container.client()
        var record = container.record
        try NetworkWiring.bringUpToDate(&record, in: container.directory, &client)
    }
}
