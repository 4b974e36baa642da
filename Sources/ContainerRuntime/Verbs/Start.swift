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
        try carryOver(container, &client)
        try begin(&client, try container.hooks(), container.record.process)
        log.phase("started")
    }

    /// Some engines give the namespace its interfaces after `create`.
    private static func carryOver(
        _ container: borrowing ExistingContainer, _ client: inout SandboxClient
    ) throws(RuntimeError) {
        var record = container.record
        do throws(RuntimeError) {
            try NetworkWiring.carryOver(of: record.pid, &record.interfaces, &client)
        } catch {
            // The guest has those before the one that failed.
            try? container.directory.write(record)
            throw error
        }
        if record != container.record { try container.directory.write(record) }
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
