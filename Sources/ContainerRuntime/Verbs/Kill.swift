internal import Glibc
package import OCISpec
internal import Protocols

/// The verb `kill`: a signal for the container's first process, or for all.
package enum Kill {
    /// How long a guest may take to answer that it has passed KILL on.
    private static let killMilliseconds: Int32 = 10_000

    /// KILL is for all where the others would outlive the first: in a pid namespace that is not the container's alone.
    ///
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
            let isForAll = all || (number == SIGKILL && !container.hasOwnProcesses)
            try client.signal(number, all: isForAll, milliseconds: patience)
        } catch {
            guard number == SIGKILL, container.record.process.isRunning else { throw error }
            // A guest that does not answer has no right to go on.
            try SandboxEnd.kill(container.record.process)
        }
    }
}

extension ExistingContainer {
    /// Whether its pid namespace goes with its first process.
    fileprivate var hasOwnProcesses: Bool {
        guard let configuration = try? configuration() else { return true }
        return (configuration.linux?.namespaces ?? []).contains {
            Namespace(rawValue: $0.type) == .pid && ($0.path ?? "").isEmpty
        }
    }
}
