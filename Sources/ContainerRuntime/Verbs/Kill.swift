internal import Glibc
package import OCISpec
internal import Protocols

/// The verb `kill`: a signal for the container's first process, or for all.
package enum Kill {
    /// How long a guest may take to answer that it has passed KILL on.
    private static let killMilliseconds: Int32 = 10_000

    /// `signal`: a name with or without SIG, or a number, 0 among them.
    package static func run(
        _ id: ContainerID, signal: String, all: Bool, root: String
    ) throws(RuntimeError) {
        guard let number = signal == "0" ? 0 : SignalName.number(of: signal) else {
            throw .usage("unknown signal \"\(signal)\"")
        }
        let container = try ExistingContainer(id, root: root)
        switch try container.status() {
        case .created, .running, .paused: break
        // Callers send KILL to all after the end, to be sure.
        case .stopped where all: return
        case .stopped, .creating: throw .notRunning
        }
        // Signal 0 asks whether there is a process (kill(2)).
        guard number != 0 else { return }
        var client = try container.client()
        do throws(RuntimeError) {
            let patience = number == SIGKILL ? killMilliseconds : -1
            try client.signal(number, all: all, milliseconds: patience)
        } catch {
            guard number == SIGKILL, container.record.process.isRunning else { throw error }
            // A guest that does not answer has no right to go on.
            try SandboxEnd.kill(container.record.process)
        }
    }
}
