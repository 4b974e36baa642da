import ArgumentParser
import ContainerRuntime
import Linux
import OCISpec

/// The flags that `create` and `run` have in common.
struct CreateOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Folder with config.json (default: the current one).", valueName: "path")
    )
    var bundle = ""

    @Option(
        name: [.long, .customShort("f")],
        help: ArgumentHelp("Another file than config.json (as with crun).", valueName: "file"))
    var config = Bundle.configurationName

    @Option(
        help: ArgumentHelp(
            "Listening unix socket that gets the master of the container's terminal.",
            valueName: "path"))
    var consoleSocket: String?

    @Option(
        help: ArgumentHelp("Refused: a pidfd of the sandbox is no use there.", valueName: "path"))
    var pidfdSocket: String?

    @Option(help: ArgumentHelp("File for the process id.", valueName: "path"))
    var pidFile: String?

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

    func request(
        of verb: String, _ vmrun: Vmrun, log: Log
    ) throws(RuntimeError) -> CreateRequest {
        log.phase("begin")
        let id = try containerID(arguments, of: verb)
        try refuseDescriptors(preserveFds)
        guard pidfdSocket == nil else { throw .usage("--pidfd-socket is not supported") }
        if ProcessSetup.environment()["LISTEN_FDS"] != nil {
            log.write(.warning, "LISTEN_FDS: descriptors cannot be passed into a virtual machine")
        }
        var request = CreateRequest(
            id: id, root: vmrun.stateRoot(), installation: try vmrun.installation())
        request.bundle = bundle
        request.configuration = config
        if !vmrun.noTemplate { request.templates = try vmrun.templateFolder() }
        request.pidFile = pidFile
        request.consoleSocket = consoleSocket
        request.systemdCgroup = vmrun.takesSystemdPaths
        request.debug = vmrun.debug
        return request
    }
}

func refuseDescriptors(_ count: Int) throws(RuntimeError) {
    guard count == 0 else {
        throw .usage("--preserve-fds: descriptors cannot be passed into a virtual machine")
    }
}
