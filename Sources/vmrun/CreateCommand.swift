import ArgumentParser
import ContainerRuntime

/// `vmrun create`: creates a container, whose process waits for `start`.
struct CreateCommand: Verb {
    static let name = "create"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Create a container.")

    @ParentCommand var vmrun: Vmrun
    @OptionGroup var options: CreateOptions

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        var request = try options.request(of: Self.name, vmrun, log: log)
        request.detach = true
        try Create.run(request, log: log)
        return 0
    }
}
