import ArgumentParser
import ContainerRuntime

/// `vmrun spec`: writes a config.json to begin with.
struct SpecCommand: Verb {
    static let name = "spec"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Write a config.json to begin with.")

    @ParentCommand var vmrun: Vmrun

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Folder to write it to (default: the current one).", valueName: "path"))
    var bundle = ""

    @Flag(help: "Refused: vmrun needs no configuration of its own for users.")
    var rootless = false

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        guard !rootless else {
            throw .usage("--rootless is not supported: the guest's kernel is the container's own")
        }
        try DefaultBundle.writeConfiguration(to: bundle)
        return 0
    }
}
