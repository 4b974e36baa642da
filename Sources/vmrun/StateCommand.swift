import ArgumentParser
import ContainerRuntime

/// `vmrun state`: the state of a container in JSON.
struct StateCommand: Verb {
    static let name = "state"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Print the state of a container.")

    @ParentCommand var vmrun: Vmrun

    @Argument(help: ArgumentHelp("Name of the container.", valueName: "container-id"))
    var arguments: [String] = []

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        print(try State.text(containerID(arguments, of: Self.name), root: vmrun.stateRoot()))
        return 0
    }
}
