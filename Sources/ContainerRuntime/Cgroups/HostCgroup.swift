internal import Glibc
internal import Linux
internal import OCISpec

/// The control group of a container on the host, for its sandbox and all that stands for its processes: one folder in
/// each hierarchy. One thread uses it.
final class HostCgroup {
    /// In which it could be made, or can be.
    private(set) var folders: [CgroupFolder]
    private let isUnified: Bool
    /// Of `cgroup.procs`, one per folder.
    private(set) var entrances: [CgroupEntrance] = []

    /// Makes nothing yet.
    init(_ path: CgroupPath, in hierarchies: [CgroupHierarchy]) {
        let alone = !hierarchies.contains { $0.version != .v2 }
        isUnified = alone
        folders = hierarchies.map { hierarchy in
            CgroupFolder(hierarchy: hierarchy, name: path.resolve(in: hierarchy, alone: alone))
        }
    }

    /// One that another process has made: those of its folders that are there.
    init(at paths: [String], in hierarchies: [CgroupHierarchy]) {
        isUnified = !hierarchies.contains { $0.version != .v2 }
        folders = []
        for path in paths {
            guard let hierarchy = hierarchies.first(where: { path.hasPrefix($0.mountPoint + "/") })
            else { continue }
            let folder = CgroupFolder(
                hierarchy: hierarchy, name: String(path.dropFirst(hierarchy.mountPoint.count)))
            guard let entrance = try? CgroupEntrance(folder) else { continue }
            folders.append(folder)
            entrances.append(entrance)
        }
    }

    /// The hierarchies of this process.
    static func hierarchies() throws(RuntimeError) -> [CgroupHierarchy] {
        let mounts: [UInt8]
        let groups: [UInt8]
        do throws(Errno) {
            mounts = try OwnedFD.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 64 << 20)
            groups = try OwnedFD.open("/proc/self/cgroup", O_RDONLY).readAll(limit: 1 << 20)
        } catch {
            throw .system("find the cgroups", error)
        }
        return CgroupHierarchy.parse(
            mounts: String(decoding: mounts, as: UTF8.self),
            memberships: String(decoding: groups, as: UTF8.self))
    }

    /// Makes the folders, and answers what went wrong where the host does not let us: there are none then in some
    /// hierarchies or in all.
    func make() throws(RuntimeError) -> [String] {
        var failures: [String] = []
        var made: [CgroupFolder] = []
        for folder in folders {
            do throws(Errno) {
                try folder.make()
                entrances.append(try CgroupEntrance(folder))
                made.append(folder)
            } catch {
                let text = "mkdir \(folder.path): \(error)"
                guard Self.isRefusal(error) else {
                    folders = made + [folder]
                    throw .system("mkdir \(folder.path)", error)
                }
                failures.append(text)
            }
        }
        folders = made
        // A process that joins it would never get to its program.
        guard !folders.contains(where: \.isFrozen) else {
            throw .usage("container's cgroup unexpectedly frozen")
        }
        if folders.isEmpty, failures.isEmpty { failures.append("no cgroup is mounted") }
        let found = Set(folders.flatMap(\.processes)).count
        if found > 0 {
            failures.append("container's cgroup is not empty: \(found) process(es) found")
        }
        return failures
    }

    /// Not a mistake of the configuration, but a host that has no such thing or keeps it from us.
    private static func isRefusal(_ error: Errno) -> Bool {
        [EROFS, EACCES, EPERM, ENOENT, EOPNOTSUPP].contains(error.rawValue)
    }

    /// The pids in it, as this process sees them.
    var processes: [Int32] { Set(folders.flatMap(\.processes)).sorted() }

    /// Writes limits of `linux.resources`, at the beginning or later; what is not named stays as it is. Answers
    /// warnings: limits that this host cannot enforce, most of which hold in the guest nevertheless.
    func update(
        _ resources: Resources, _ overhead: HostOverhead
    ) throws(RuntimeError) -> [SpecWarning] {
        let v2 = try CgroupLimit.v2(resources, overhead)
        guard !isUnified else { return try write(v2, to: folders) }
        let isV2 = { (folder: CgroupFolder) in folder.hierarchy.version == .v2 }
        let v1Folders = folders.filter { !isV2($0) }
        let v2Folders = folders.filter(isV2)
        // In a hybrid host each controller is in one of both.
        let controllers = Set(
            v2Folders.flatMap { ((try? $0.read("cgroup.controllers")) ?? "").split(separator: " ") }
                .map(String.init))
        return try write(
            CgroupLimit.v1(resources, overhead).filter { !controllers.contains($0.controller) },
            to: v1Folders)
            + write(
                v2.filter {
                    controllers.contains($0.controller) || $0.field.hasSuffix(".unified")
                }, to: v2Folders)
    }

    /// What the kernel refuses is tried again when all the others are set: period and quota, memory with and without
    /// swap must fit each other at every moment.
    private func write(
        _ limits: [CgroupLimit], to folders: [CgroupFolder]
    ) throws(RuntimeError) -> [SpecWarning] {
        var warnings: [SpecWarning] = []
        var late: [CgroupLimit] = []
        for limit in limits {
            switch Self.write(limit, to: folders) {
            case .done: break
            case .notThere: warnings.append(limit.warning)
            case .failed: late.append(limit)
            }
        }
        for limit in late {
            guard case .failed(let path, let error) = Self.write(limit, to: folders) else {
                continue
            }
            throw .system("\(limit.field): write \(path)", error)
        }
        return warnings
    }

    private enum Outcome {
        case done
        case notThere
        case failed(path: String, Errno)
    }

    private static func write(_ limit: CgroupLimit, to folders: [CgroupFolder]) -> Outcome {
        for choice in limit.choices {
            for folder in folders where folder.mayHave(limit.controller) {
                do throws(Errno) {
                    try folder.write(choice.value, to: choice.file)
                    return .done
                } catch {
                    guard isRefusal(error) else {
                        return .failed(path: folder.path + "/" + choice.file, error)
                    }
                }
            }
        }
        return .notThere
    }
}

extension CgroupFolder {
    fileprivate func mayHave(_ controller: String) -> Bool {
        hierarchy.version == .v2 || hierarchy.has(controller)
    }
}

extension CgroupLimit {
    fileprivate var warning: SpecWarning {
        let place = isHostOnly ? "ignored" : "the limit holds in the guest alone"
        return "\(field): the host has no cgroup with \(choices[0].file); \(place)"
    }
}
