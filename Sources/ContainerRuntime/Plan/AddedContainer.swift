internal import Linux
internal import OCISpec
internal import Protocols

/// What the sandbox of another container is told of one that is added to its machine: everything of the share is below a
/// folder that no other container has had.
struct AddedContainer {
    var plan: ContainerPlan
    /// Their descriptors belong to `files`.
    let shares: [Share]
    private let files: [SandboxFiles.OpenShare]

    init(_ whole: SandboxPlan, _ files: SandboxFiles) throws(RuntimeError) {
        let folder = "@\(WallClock.now())-\(whole.container.id)/"
        plan = whole.container
        plan.rootPath = folder + plan.rootPath
        for index in plan.mounts.indices where !plan.mounts[index].sharePath.isEmpty {
            plan.mounts[index].sharePath = folder + plan.mounts[index].sharePath
        }
        self.files = try files.detachedShares()
        shares = self.files.map { share in
            Share(
                name: folder + share.source.name, descriptor: share.descriptor.rawValue,
                view: share.source.view, recursive: share.source.recursive)
        }
    }
}

extension SandboxPlan {
    /// The container is to be in the machine of another one.
    mutating func join(
        _ machine: SharedMachine, _ configuration: Configuration
    ) throws(RuntimeError) {
        if container.namespaces & Namespace.user.cloneFlag != 0 {
            throw .unsupported(
                path: "linux.namespaces",
                reason: "not supported: a new user namespace that joins those of another container")
        }
        container.joinedNamespaces = machine.namespaces
        container.joinedContainer = machine.neighbour.text
        // Of the neighbour's as well.
        network = NetworkPlan()
        let own = (configuration.annotations ?? [:]).keys.filter {
            $0.hasPrefix(Self.annotationPrefix)
        }
        let fields =
            own.sorted().map { "annotations[\"\($0)\"]" }
            + (configuration.virtualMachine == nil ? [] : ["vm"])
        for field in fields {
            warnings.append("\(field): the machine is that of container \(machine.owner); ignored")
        }
    }
}
