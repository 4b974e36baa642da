package import OCISpec
internal import Protocols

/// The verb `start`: lets the process of a created container execute its program.
package enum Start {
    package static func run(_ id: ContainerID, root: String, log: Log) throws(RuntimeError) {
        let container = try ExistingContainer(id, root: root, locked: true)
        switch try container.status() {
        case .created: break
        case .stopped: throw .usage("cannot start a container that has stopped")
        case .running: throw .usage("cannot start an already running container")
        case .paused: throw .usage("cannot start a container in the paused state")
        case .creating: throw .usage("cannot start a container that is not created")
        }
        var client = try container.client()
        // Some engines give the namespace its interfaces after `create`.
        // Those of a container in the machine of another one are that one's.
        if container.record.machine.isEmpty {
            var record = container.record
            try NetworkWiring.bringUpToDate(&record, in: container.directory, &client)
        }
        try begin(&client, try container.hooks(), container.record.process)
        log.phase("started")
    }

    /// Starts the created container. One whose poststart hooks fail is stopped (runtime.md, "Lifecycle").
    static func begin(
        _ client: inout SandboxClient, _ hooks: ContainerHooks, _ process: ProcessIdentity
    ) throws(RuntimeError) {
        try client.start()
        do throws(RuntimeError) {
            try hooks.run(.poststart, .running)
        } catch {
            try? SandboxEnd.kill(process)
            throw error
        }
    }
}
