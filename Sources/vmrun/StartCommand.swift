import ArgumentParser
import ContainerRuntime

/// `vmrun start`: lets the process of a created container execute its program.
struct StartCommand: Verb {
    static let name = "start"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Start a created container.")

    @ParentCommand var vmrun: Vmrun

    @Argument(help: ArgumentHelp("Name of the container.", valueName: "container-id"))
    var arguments: [String] = []

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        log.phase("begin")
        try Start.run(
            containerID(arguments, of: Self.name), root: vmrun.stateRoot(), log: log)
        return 0
    }
}
