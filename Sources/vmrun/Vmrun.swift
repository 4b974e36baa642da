import ArgumentParser
import ContainerRuntime
import Linux

/// The root command: options that stand before the verb, as runc has them.
struct Vmrun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vmrun",
        abstract: "Runs OCI containers, each under a Linux kernel of its own.",
        subcommands: [
            CreateCommand.self, StartCommand.self, RunCommand.self, StateCommand.self,
            KillCommand.self, DeleteCommand.self, ExecCommand.self, PauseCommand.self,
            ResumeCommand.self, ListCommand.self, PsCommand.self, EventsCommand.self,
            UpdateCommand.self, CheckpointCommand.self, RestoreCommand.self, SpecCommand.self,
            FeaturesCommand.self, CheckCommand.self, TemplateCommand.self,
            RefreshNetworkCommand.self, HelpCommand.self, NoVerb.self,
        ], defaultSubcommand: NoVerb.self)

    @Option(help: ArgumentHelp("Folder for the state of containers.", valueName: "path"))
    var root: String?

    @Option(help: ArgumentHelp("Append messages to this file.", valueName: "path"))
    var log: String?

    @Option(help: ArgumentHelp("Format of messages: text or json.", valueName: "format"))
    var logFormat = "text"

    @Flag(help: "Write messages for debugging, too.")
    var debug = false

    @Option(help: ArgumentHelp("Kernel of the guest, an ELF vmlinux.", valueName: "path"))
    var kernel: String?

    @Option(help: ArgumentHelp("Image of the guest, a cpio archive.", valueName: "path"))
    var image: String?

    @Option(help: ArgumentHelp("Program that runs the virtual machine.", valueName: "path"))
    var sandbox: String?

    @Option(help: ArgumentHelp("Folder for templates of machines.", valueName: "path"))
    var templateDir: String?

    @Flag(help: "Boot every machine instead of copying a template.")
    var noTemplate = false

    @Flag(
        help: "Take cgroupsPath as \"slice:prefix:name\" of systemd; the cgroup is made without it."
    )
    var systemdCgroup = false

    @Option(
        help: ArgumentHelp(
            "cgroupfs, or systemd, which is --systemd-cgroup (as with crun).", valueName: "manager")
    )
    var cgroupManager = "cgroupfs"

    var takesSystemdPaths: Bool { systemdCgroup || cgroupManager == "systemd" }

    /// The parser takes a root option from behind the verb, too: this is also the flag of `spec`.
    @Option(
        defaultAsFlag: "true", parsing: .next,
        help: ArgumentHelp(
            "Accepted: auto and false. With spec: write a configuration for a user who is not root.",
            valueName: "mode"))
    var rootless: String?

    var isRootless: Bool { !["auto", "false"].contains(rootless ?? "auto") }

    @Flag(name: [.long, .customShort("v")], help: "Print the version.")
    var version = false

    /// What is refused whatever the verb, but for the one that can be rootless.
    func check(mayBeRootless: Bool) throws(RuntimeError) {
        guard !isRootless || mayBeRootless else {
            throw .usage("--rootless is not supported: vmrun needs no user namespace")
        }
        guard ["cgroupfs", "systemd"].contains(cgroupManager) else {
            throw .usage("--cgroup-manager is cgroupfs or systemd, not \(cgroupManager)")
        }
    }

    func openLog() throws(RuntimeError) -> Log {
        guard let format = Log.Format(rawValue: logFormat) else {
            throw .usage("invalid log-format: \(logFormat)")
        }
        return try Log(path: log, format: format, debug: debug)
    }

    func installation() throws(RuntimeError) -> Installation {
        try Installation(
            overrides: Installation.Overrides(kernel: kernel, image: image, sandbox: sandbox),
            environment: ProcessSetup.environment(), program: Installation.ownProgram())
    }

    /// Without the flag: what the configuration says, or else /var/lib/vmrun/templates, and for others than root a
    /// folder of the user's own.
    func templateFolder() throws(RuntimeError) -> String {
        if let templateDir { return templateDir }
        if let path = try installation().templates { return path }
        guard ProcessSetup.effectiveUser != 0 else { return "/var/lib/vmrun/templates" }
        let environment = ProcessSetup.environment()
        let data = environment["XDG_DATA_HOME"] ?? (environment["HOME"] ?? "") + "/.local/share"
        return data + "/vmrun/templates"
    }

    /// Without the flag: /run/vmrun, or the user's own runtime folder for others than root.
    func stateRoot() -> String {
        if let root { return root }
        let folder = ProcessSetup.environment()["XDG_RUNTIME_DIR"] ?? ""
        guard ProcessSetup.effectiveUser != 0, !folder.isEmpty else { return "/run/vmrun" }
        return folder + "/vmrun"
    }
}
