internal import Linux
internal import OCISpec

/// The machine of a running container, which another one is to be in as well: it names namespaces of that container by
/// their paths, as engines do for pods.
struct SharedMachine: Equatable {
    /// The container whose namespaces are joined. Its namespaces in the guest are what those of its process on the
    /// host stand for.
    let neighbour: ContainerID
    /// The id of the container that the machine was made for.
    let owner: String
    /// What is joined; CLONE_NEW* bits.
    let namespaces: UInt64

    /// A container that runs.
    struct Candidate {
        let id: ContainerID
        /// Of its process on the host.
        let pid: Int32
        let machineOwner: String
    }

    /// Looks among the containers of the state folder `root` for one whose process has those namespaces; nil where the
    /// network is the only one to be joined, and is nobody's. All of them must be one container's.
    static func find(
        _ joined: [PlacementPlan.JoinedNamespace], root: String
    ) throws(RuntimeError) -> SharedMachine? {
        guard !joined.isEmpty else { return nil }
        return try find(joined, among: candidates(root)) { FileIdentity(of: $0) }
    }

    /// The same for these containers, of which the first one counts that fits; `identity` is of the file at a path.
    static func find<Identity: Equatable>(
        _ joined: [PlacementPlan.JoinedNamespace], among candidates: [Candidate],
        identity: (String) -> Identity?
    ) throws(RuntimeError) -> SharedMachine? {
        let wanted = try identities(of: joined, identity)
        var best: [PlacementPlan.JoinedNamespace] = []
        for candidate in candidates {
            let found = wanted.filter {
                identity($0.entry.kind.path(of: "\(candidate.pid)")) == $0.identity
            }.map(\.entry)
            if found.count == joined.count {
                return SharedMachine(
                    neighbour: candidate.id, owner: candidate.machineOwner,
                    namespaces: found.reduce(0) { $0 | $1.kind.cloneFlag })
            }
            if found.count > best.count { best = found }
        }
        // A network of nobody's is one like any other.
        guard joined.contains(where: { $0.kind != .network }),
            let missing = joined.first(where: { !best.contains($0) })
        else { return nil }
        throw .unsupported(
            path: missing.field,
            reason: "\(missing.path) is not a namespace of a running container of vmrun"
                + (best.isEmpty ? "" : " which has the others"))
    }

    /// Without those that are the caller's own, which are no container's.
    private static func identities<Identity: Equatable>(
        of joined: [PlacementPlan.JoinedNamespace], _ identity: (String) -> Identity?
    ) throws(RuntimeError) -> [(entry: PlacementPlan.JoinedNamespace, identity: Identity)] {
        var wanted: [(entry: PlacementPlan.JoinedNamespace, identity: Identity)] = []
        for entry in joined {
            guard let file = identity(entry.path) else {
                throw .system("\(entry.field): open \(entry.path)", .noSuchFile)
            }
            if file != identity(entry.kind.path(of: "self")) { wanted.append((entry, file)) }
        }
        return wanted
    }

    /// Those that have a machine of their own come first.
    private static func candidates(_ root: String) -> [Candidate] {
        let running = ContainerDirectory.all(root: root).compactMap { id -> StateRecord? in
            guard let container = try? ExistingContainer(id, root: root),
                container.record.process.isRunning
            else { return nil }
            return container.record
        }
        let ordered = running.filter(\.machine.isEmpty) + running.filter { !$0.machine.isEmpty }
        return ordered.compactMap { record in
            (try? ContainerID(record.id)).map {
                Candidate(id: $0, pid: record.pid, machineOwner: record.machineOwner)
            }
        }
    }
}

extension Namespace {
    /// The file that stands for it, of a process.
    fileprivate func path(of process: String) -> String { "/proc/\(process)/ns/\(fileName)" }

    private var fileName: String {
        switch self {
        case .network: "net"
        case .mount: "mnt"
        default: rawValue
        }
    }
}

/// Which file it is, whatever its path.
private struct FileIdentity: Equatable {
    let device: DeviceNumber
    let inode: UInt64

    init?(of path: String) {
        guard let file = try? OwnedFD.openPath(path, 0), let status = try? file.status() else {
            return nil
        }
        device = status.device
        inode = status.inode
    }
}
