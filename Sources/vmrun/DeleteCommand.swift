import ArgumentParser
import ContainerRuntime

/// `vmrun delete`: removes what is left of a container.
struct DeleteCommand: Verb {
    static let name = "delete"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Delete a container that has ended.")

    @ParentCommand var vmrun: Vmrun

    @Flag(name: .shortAndLong, help: "End one that runs; be content where there is none.")
    var force = false

    @Flag(
        name: .shortAndLong,
        help: "The name is a regular expression: delete all containers in whose names it is found.")
    var regex = false

    @Argument(help: ArgumentHelp("Name of the container.", valueName: "container-id"))
    var arguments: [String] = []

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        if regex, arguments.count == 1 {
            try Delete.run(
                matching: arguments[0], force: force, root: vmrun.stateRoot(), log: log)
            return 0
        }
        try Delete.run(
            containerID(arguments, of: Self.name), force: force, root: vmrun.stateRoot(), log: log)
        return 0
    }
}
