import ArgumentParser
import ContainerRuntime

/// `vmrun refresh-network`: for the process that watches a container's network namespace.
struct RefreshNetworkCommand: Verb {
    static let name = "refresh-network"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Give the guest the interfaces of the network namespace.",
        shouldDisplay: false)

    @ParentCommand var vmrun: Vmrun

    @Argument(help: ArgumentHelp("Name of the container.", valueName: "container-id"))
    var arguments: [String] = []

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        try RefreshNetwork.run(
            containerID(arguments, of: Self.name), root: vmrun.stateRoot(), log: log)
        return 0
    }
}
