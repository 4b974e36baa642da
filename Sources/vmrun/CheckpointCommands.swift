import ArgumentParser
import ContainerRuntime

/// `vmrun checkpoint`: refused. A machine's state could be saved (`vmrun template` does), but not what the host has open
/// for it: files of the share, streams and connections.
struct CheckpointCommand: Verb {
    static let name = "checkpoint"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Refused: containers cannot be saved yet.")

    @ParentCommand var vmrun: Vmrun

    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []

    func validate() throws { try offerHelp(arguments) }

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        throw .usage("containers cannot be saved: not supported")
    }
}

/// `vmrun restore`: refused, as there is nothing to restore.
struct RestoreCommand: Verb {
    static let name = "restore"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Refused: containers cannot be saved yet.")

    @ParentCommand var vmrun: Vmrun

    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []

    func validate() throws { try offerHelp(arguments) }

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        throw .usage("containers cannot be restored: not supported")
    }
}
