import ArgumentParser
import ContainerRuntime

/// `vmrun ps`: the processes of a container.
struct PsCommand: Verb {
    static let name = "ps"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Show the processes of a container.")

    @ParentCommand var vmrun: Vmrun

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "table: the guest's; json: the pids that stand for them on the host.",
            valueName: "format"))
    var format = "table"

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp(
            "Name of the container, and options of ps(1): -e, -f, -o LIST.",
            valueName: "container-id [option ...]"))
    var arguments: [String] = []

    func validate() throws {
        try offerHelp(arguments)
    }

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        let id = try containerID(Array(arguments.prefix(1)), of: Self.name)
        switch format {
        case "table":
            let options = Array(arguments.dropFirst())
            print(
                try ProcessTable.run(id, options: options, root: vmrun.stateRoot()),
                terminator: "")
        case "json": print(try ProcessTable.hostPIDs(id, root: vmrun.stateRoot()))
        default: throw .usage("invalid format option")
        }
        return 0
    }
}
