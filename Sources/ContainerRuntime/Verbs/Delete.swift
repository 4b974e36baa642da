internal import Glibc
internal import Linux
package import OCISpec

/// The verb `delete`: what is left of a container that has ended, or that is to end.
package enum Delete {
    /// `force` ends one that runs, and is content where there is none. `patience`: for how many milliseconds a guest may
    /// hold on to a container in the machine of another one; then it is an error, or a warning with `force`.
    package static func run(
        _ id: ContainerID, force: Bool, root: String, patience: Int32 = 30_000, log: Log
    ) throws(RuntimeError) {
        if force { try kill(id, root: root) }
        let container: ExistingContainer
        do throws(RuntimeError) {
            container = try ExistingContainer(id, root: root, locked: true)
        } catch .containerNotFound where force {
            return ContainerDirectory.removeRemains(of: id, root: root)
        }
        try end(container, force: force)
        do throws(RuntimeError) {
            try container.awaitRelease(patience)
        } catch {
            guard force else { throw error }
            log.write(.warning, "\(error)")
        }
        container.remove(log)
    }

    /// The same for all containers in whose ids `pattern`, a regular expression, is found. One that cannot be deleted does not
    /// keep the others; the first failure is thrown at the end.
    package static func run(
        matching pattern: String, force: Bool, root: String, log: Log
    ) throws(RuntimeError) {
        guard let expression = try? Regex(pattern) else {
            throw .usage("invalid regular expression: \(pattern)")
        }
        var failure: RuntimeError?
        for id in ContainerDirectory.all(root: root) where id.text.contains(expression) {
            do throws(RuntimeError) {
                try run(id, force: force, root: root, log: log)
            } catch .containerNotFound {
                // Somebody else has deleted it.
            } catch {
                if failure == nil { failure = error } else { log.write(.error, "\(error)") }
            }
        }
        if let failure { throw failure }
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
    /// Milliseconds between two questions.
    private static let releaseInterval: Int32 = 20

    /// A container in the machine of another one: returns when that knows it no more, or is gone itself; an error when it
    /// still does after so many milliseconds.
    fileprivate func awaitRelease(_ milliseconds: Int32) throws(RuntimeError) {
        guard !record.machine.isEmpty else { return }
        for _ in 0...(milliseconds / Self.releaseInterval) {
            guard var client = try? SandboxClient(directory), (try? client.query()) != nil else {
                return
            }
            var poll = Poll()
            try RuntimeError.wrap("poll") { () throws(Errno) in
                try poll.wait(timeout: Self.releaseInterval)
            }
        }
        throw .usage("the machine of container \(record.machine) does not end \(record.id)")
    }

    /// Takes away what belongs to a container whose sandbox is gone.
    consuming func remove(_ log: Log) {
        let hooks = try? hooks()
        record.removeNetwork()
        CgroupRemains.remove(record.cgroups)
        directory.remove()
        hooks?.runPoststop(log)
    }
}
