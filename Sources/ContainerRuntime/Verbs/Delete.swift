internal import Glibc
package import OCISpec

/// The verb `delete`: what is left of a container that has ended, or that is to end.
package enum Delete {
    /// `force` ends one that runs, and is content where there is none.
    package static func run(
        _ id: ContainerID, force: Bool, root: String, log: Log
    ) throws(RuntimeError) {
        if force { try kill(id, root: root) }
        let container: ExistingContainer
        do throws(RuntimeError) {
            container = try ExistingContainer(id, root: root, locked: true)
        } catch .containerNotFound where force {
            return ContainerDirectory.removeRemains(of: id, root: root)
        }
        try end(container, force: force)
        container.remove(log)
    }

    /// Before the lock: who holds it may be waiting for a guest that does not answer.
    private static func kill(_ id: ContainerID, root: String) throws(RuntimeError) {
        guard let container = try? ExistingContainer(id, root: root) else { return }
        try SandboxEnd.kill(container.record.process)
    }

    private static func end(
        _ container: borrowing ExistingContainer, force: Bool
    ) throws(RuntimeError) {
        let process = container.record.process
        if force { return try SandboxEnd.kill(process) }
        switch try container.status() {
        case .stopped: try SandboxEnd.wait(for: process)
        case .created: try SandboxEnd.kill(process)
        case .creating, .running, .paused:
            throw .usage(
                "cannot delete container \(container.record.id) that is not stopped: "
                    + "\(try container.status().rawValue)")
        }
    }
}

extension ExistingContainer {
    /// Takes away what belongs to a container whose sandbox is gone.
    consuming func remove(_ log: Log) {
        let hooks = try? hooks()
        record.removeNetwork()
        CgroupRemains.remove(record.cgroups)
        directory.remove()
        hooks?.runPoststop(log)
    }
}
