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

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        try DefaultBundle.writeConfiguration(to: bundle, rootless: vmrun.isRootless)
        return 0
    }
}
