import ArgumentParser
import ContainerRuntime
import Linux
import OCISpec

/// `vmrun run`: creates a container and starts it.
struct RunCommand: Verb {
    static let name = "run"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Create and run a container.")

    @ParentCommand var vmrun: Vmrun

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Folder with config.json (default: the current one).", valueName: "path")
    )
    var bundle = ""

    @Option(
        help: ArgumentHelp(
            "Listening unix socket that gets the master of the container's terminal.",
            valueName: "path"))
    var consoleSocket: String?

    @Flag(name: .shortAndLong, help: "Return as soon as the container runs.")
    var detach = false

    @Option(help: ArgumentHelp("File for the process id.", valueName: "path"))
    var pidFile: String?

    @Flag(help: "Refused: not supported yet.")
    var keep = false

    @Flag(help: "Accepted: nothing of the container becomes a child of this process.")
    var noSubreaper = false

    @Flag(help: "Accepted: the guest's root file system can always be pivoted.")
    var noPivot = false

    @Flag(help: "Accepted: the guest's kernel has keyrings of its own.")
    var noNewKeyring = false

    @Option(
        help: ArgumentHelp(
            "Only 0: descriptors cannot be passed into a virtual machine.", valueName: "count"))
    var preserveFds = 0

    @Argument(help: ArgumentHelp("Name of the container.", valueName: "container-id"))
    var arguments: [String] = []

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        log.phase("begin")
        let text = try onlyArgument(arguments, of: Self.name)
        guard preserveFds == 0 else {
            throw .usage("--preserve-fds: descriptors cannot be passed into a virtual machine")
        }
        guard !keep else { throw .usage("--keep is not supported yet") }
        if ProcessSetup.environment()["LISTEN_FDS"] != nil {
            log.write(.warning, "LISTEN_FDS: descriptors cannot be passed into a virtual machine")
        }
        let id: ContainerID
        do throws(SpecError) {
            id = try ContainerID(text)
        } catch {
            throw .usage(error.description)
        }
        var request = CreateRequest(
            id: id, root: vmrun.stateRoot(), installation: try vmrun.installation())
        request.bundle = bundle
        if !vmrun.noTemplate { request.templates = try vmrun.templateFolder() }
        request.detach = detach
        request.pidFile = pidFile
        request.consoleSocket = consoleSocket
        request.debug = vmrun.debug
        return try Run.run(request, log: log)
    }
}
