import ArgumentParser
import ContainerRuntime

/// `vmrun kill`: sends a signal to a container.
struct KillCommand: Verb {
    static let name = "kill"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Send a signal to a container (default: TERM).")

    @ParentCommand var vmrun: Vmrun

    @Flag(name: .shortAndLong, help: "To all processes of the container.")
    var all = false

    @Argument(
        help: ArgumentHelp(
            "Name of the container, and the signal's name or number.",
            valueName: "container-id [signal]"))
    var arguments: [String] = []

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        guard (1...2).contains(arguments.count) else {
            throw .usage("\"\(Self.name)\" requires a minimum of 1 argument and a maximum of 2")
        }
        try Kill.run(
            containerID(Array(arguments.prefix(1)), of: Self.name),
            signal: arguments.count == 2 ? arguments[1] : "TERM", all: all,
            root: vmrun.stateRoot())
        return 0
    }
}
