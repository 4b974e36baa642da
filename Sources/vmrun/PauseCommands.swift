import ArgumentParser
import ContainerRuntime

/// `vmrun pause`: stops all processes of a container.
struct PauseCommand: Verb {
    static let name = "pause"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Stop all processes of a container.")

    @ParentCommand var vmrun: Vmrun

    @Argument(help: ArgumentHelp("Name of the container.", valueName: "container-id"))
    var arguments: [String] = []

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        try Pause.run(
            containerID(arguments, of: Self.name), frozen: true, root: vmrun.stateRoot())
        return 0
    }
}

/// `vmrun resume`: lets the processes of a paused container go on.
struct ResumeCommand: Verb {
    static let name = "resume"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Let the processes of a paused container go on.")

    @ParentCommand var vmrun: Vmrun

    @Argument(help: ArgumentHelp("Name of the container.", valueName: "container-id"))
    var arguments: [String] = []

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        try Pause.run(
            containerID(arguments, of: Self.name), frozen: false, root: vmrun.stateRoot())
        return 0
    }
}
