import ArgumentParser
import ContainerRuntime

/// `vmrun exec`: starts one more process in a container.
struct ExecCommand: Verb {
    static let name = "exec"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Start a process in a running container.")

    @ParentCommand var vmrun: Vmrun

    @Option(
        help: ArgumentHelp(
            "Listening unix socket that gets the master of the process's terminal.",
            valueName: "path"))
    var consoleSocket: String?

    @Option(
        help: ArgumentHelp("Refused: a pidfd of the host is no use there.", valueName: "path"))
    var pidfdSocket: String?

    @Option(help: ArgumentHelp("Its current folder.", valueName: "path"))
    var cwd: String?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("One more variable.", valueName: "NAME=VALUE"))
    var env: [String] = []

    @Flag(name: .shortAndLong, help: "It gets a terminal.")
    var tty = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Whom it runs as.", valueName: "uid[:gid]"))
    var user: String?

    @Option(
        name: [.long, .customShort("g")], help: ArgumentHelp("One more group.", valueName: "gid"))
    var additionalGids: [UInt32] = []

    @Option(
        name: .shortAndLong, help: ArgumentHelp("File with the process in JSON.", valueName: "path")
    )
    var process: String?

    @Flag(name: .shortAndLong, help: "Return as soon as it runs.")
    var detach = false

    @Option(
        help: ArgumentHelp(
            "File for the pid of the process that stands for it on the host.", valueName: "path"))
    var pidFile: String?

    @Option(help: ArgumentHelp("Ignored: the guest has no SELinux.", valueName: "label"))
    var processLabel: String?

    @Option(help: ArgumentHelp("Ignored: the guest has no AppArmor.", valueName: "profile"))
    var apparmor: String?

    @Flag(help: "It and its children gain no privileges.")
    var noNewPrivs = false

    @Option(name: .shortAndLong, help: ArgumentHelp("One more capability.", valueName: "name"))
    var cap: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only 0: descriptors cannot be passed into a virtual machine.", valueName: "count"))
    var preserveFds = 0

    @Option(help: ArgumentHelp("Its cgroup, below that of the container.", valueName: "path"))
    var cgroup: [String] = []

    @Flag(help: "Also where the container is paused.")
    var ignorePaused = false

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp(
            "Name of the container, the program and its arguments.",
            valueName: "container-id [command [argument ...]]"))
    var arguments: [String] = []

    func validate() throws {
        try offerHelp(arguments)
    }

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        guard let name = arguments.first else {
            throw .usage("\"\(Self.name)\" requires a minimum of 1 argument")
        }
        // The parser leaves everything from the first unknown flag on to the program.
        guard !name.hasPrefix("-") else { throw .usage("flag provided but not defined: \(name)") }
        try refuseDescriptors(preserveFds)
        guard pidfdSocket == nil else { throw .usage("--pidfd-socket is not supported") }
        for (flag, value, module) in [
            ("--process-label", processLabel, "SELinux"), ("--apparmor", apparmor, "AppArmor"),
        ] where !(value ?? "").isEmpty {
            log.write(.warning, "\(flag): the guest has no \(module); ignored")
        }
        var request = ExecRequest(
            id: try containerID([name], of: Self.name), root: vmrun.stateRoot(),
            installation: try vmrun.installation(), process: execProcess)
        request.cgroup = try cgroupPath()
        request.detach = detach
        request.pidFile = pidFile
        request.consoleSocket = consoleSocket
        request.ignorePaused = ignorePaused
        return try Exec.run(request, log: log)
    }

    /// Empty: none is asked for.
    private func cgroupPath() throws(RuntimeError) -> String {
        guard let path = cgroup.first else { return "" }
        guard cgroup.count == 1, !path.contains(":") else {
            throw .usage(
                "--cgroup: the guest has one hierarchy, so there is one path, without controllers")
        }
        guard !path.split(separator: "/").contains("..") else {
            throw .usage("bad sub cgroup path: \(path) is not a sub cgroup path")
        }
        return path
    }

    private var execProcess: ExecProcess {
        var result = ExecProcess()
        result.file = process
        result.arguments = Array(arguments.dropFirst())
        result.workingDirectory = cwd
        result.environment = env
        result.terminal = tty
        result.user = user
        result.additionalGIDs = additionalGids
        result.noNewPrivileges = noNewPrivs
        result.capabilities = cap
        return result
    }
}
