import ArgumentParser
import ContainerRuntime

/// `vmrun run`: creates a container and starts it.
struct RunCommand: Verb {
    static let name = "run"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Create and run a container.")

    @ParentCommand var vmrun: Vmrun
    @OptionGroup var options: CreateOptions

    @Flag(name: .shortAndLong, help: "Return as soon as the container runs.")
    var detach = false

    @Flag(help: "Leave the container's state when it has ended.")
    var keep = false

    @Flag(help: "Accepted: nothing of the container becomes a child of this process.")
    var noSubreaper = false

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        var request = try options.request(of: Self.name, vmrun, log: log)
        request.detach = detach
        return try Run.run(request, keep: keep, log: log)
    }
}
