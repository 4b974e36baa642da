package import OCISpec
package import Protocols

/// What config.json comes to: everything that a sandbox is told, before any file is opened.
package struct SandboxPlan: Equatable, Sendable {
    package var container = ContainerPlan()
    package var machine = MachineConfiguration()
    package var shares: [ShareSource] = []
    /// Of `vm.kernel`; nil: the installation's.
    package var kernelPath: String?
    package var imagePath: String?
    package var placement = PlacementPlan()
    package var network = NetworkPlan()
    /// For the log, each with the path of its field.
    package var warnings: [SpecWarning] = []

    /// A file or folder of the host that the guest is given.
    package struct ShareSource: Equatable, Sendable {
        /// In the share: `rootfs`, `mounts/0`.
        package var name: String
        /// Absolute.
        package var hostPath: String
        package var view: Share.View
        /// Whether the guest is to see what is mounted below.
        package var recursive = true
        /// Where config.json names it, for errors.
        package var field: String
    }

    /// Resolves a validated configuration. `bundle` is absolute.
    ///
    /// Every field of the configuration is carried out, refused with its path, or warned about.
    package init(
        _ configuration: Configuration, id: ContainerID, bundle: String,
        machine defaults: MachineDefaults = MachineDefaults(),
        network networkDefaults: NetworkDefaults = NetworkDefaults()
    ) throws(RuntimeError) {
        guard let root = configuration.root, let process = configuration.process else {
            throw .document(file: "config.json", .missing(path: "root"))
        }
        container.id = id.text
        container.rootPath = "rootfs"
        container.rootReadonly = root.readonly ?? false
        container.hostname = configuration.hostname ?? ""
        container.domainname = configuration.domainname ?? ""
        container.cgroupPath = "/" + id.text
        container.process = try ProcessPlan(process, path: "process", warnings: &warnings)
        shares.append(
            ShareSource(
                name: "rootfs", hostPath: Self.absolute(root.path, in: bundle),
                view: Share.View(), field: "root.path"))
        // Before the mounts, which may share them.
        container.uidMappings = (configuration.linux?.uidMappings ?? []).map(IDMapping.init)
        container.gidMappings = (configuration.linux?.gidMappings ?? []).map(IDMapping.init)
        try addMounts(configuration.mounts ?? [], bundle: bundle)
        addHooks(configuration.hooks)
        try addNetwork(configuration, networkDefaults)
        try addLinux(configuration.linux ?? LinuxConfiguration())
        try addMachine(configuration, defaults)
        warnAboutOtherPlatforms(configuration)
    }

    static func absolute(_ path: String, in bundle: String) -> String {
        path.hasPrefix("/") ? path : bundle + "/" + path
    }

    /// Those of the guest; the others run on the host.
    private mutating func addHooks(_ hooks: Hooks?) {
        container.startContainerHooks = (hooks?[.startContainer] ?? []).map { entry in
            var hook = Hook()
            hook.path = entry.path
            hook.arguments = entry.args ?? [entry.path]
            // As with runc: what names no environment has that of the container's process.
            let own = entry.env ?? []
            hook.environment = own.isEmpty ? container.process.environment : own
            hook.timeoutSeconds = UInt32(clamping: entry.timeout ?? 0)
            return hook
        }
    }

    private mutating func warnAboutOtherPlatforms(_ configuration: Configuration) {
        let others: [(String, JSONValue?)] = [
            ("windows", configuration.windows), ("solaris", configuration.solaris),
            ("zos", configuration.zos), ("freebsd", configuration.freebsd),
        ]
        for (name, value) in others where value != nil {
            warnings.append("\(name): is for another platform; ignored")
        }
    }
}
