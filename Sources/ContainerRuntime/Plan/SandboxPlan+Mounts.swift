internal import OCISpec
internal import Protocols

extension SandboxPlan {
    mutating func addMounts(_ entries: [MountEntry], bundle: String) throws(RuntimeError) {
        for (index, entry) in entries.enumerated() {
            try addMount(entry, index, bundle)
        }
    }

    private mutating func addMount(
        _ entry: MountEntry, _ index: Int, _ bundle: String
    ) throws(RuntimeError) {
        let path = "mounts[\(index)]"
        let options = MountOptions(entry.options ?? [])
        try refuseIDMapping(entry, options, path)
        var mount = Mount()
        mount.destination =
            entry.destination.hasPrefix("/") ? entry.destination : "/" + entry.destination
        mount.flags = options.flags
        mount.clearedFlags = options.clearedFlags
        mount.propagation = options.propagation
        mount.data = options.data.joined(separator: ",")
        mount.recursiveAttributesSet = options.recursiveAttributesSet
        mount.recursiveAttributesCleared = options.recursiveAttributesCleared
        mount.copyUp = options.copyUp
        mount.source = entry.source ?? ""
        let isBind = entry.type == "bind" || options.flags & MountFlags.bind != 0
        if isBind {
            try addBind(&mount, entry, index, bundle)
        } else {
            guard let type = entry.type, !type.isEmpty else {
                throw .document(file: "config.json", .missing(path: path + ".type"))
            }
            guard !options.copyUp || type == "tmpfs" else {
                throw .unsupported(path: path + ".options", reason: "tmpcopyup is for tmpfs only")
            }
            // The guest has the unified hierarchy only, so a "cgroup" mount is one of it.
            mount.type = type == "cgroup" ? "cgroup2" : type
        }
        container.mounts.append(mount)
    }

    private mutating func addBind(
        _ mount: inout Mount, _ entry: MountEntry, _ index: Int, _ bundle: String
    ) throws(RuntimeError) {
        let path = "mounts[\(index)]"
        guard let source = entry.source, !source.isEmpty else {
            throw .document(file: "config.json", .missing(path: path + ".source"))
        }
        guard !mount.copyUp else {
            throw .unsupported(path: path + ".options", reason: "tmpcopyup is for tmpfs only")
        }
        guard mount.data.isEmpty else {
            throw .unsupported(
                path: path + ".options", reason: "a bind mount has no option \"\(mount.data)\"")
        }
        let name = "mounts/\(index)"
        mount.type = "bind"
        mount.flags |= MountFlags.bind
        mount.sharePath = name
        shares.append(
            ShareSource(
                name: name, hostPath: Self.absolute(source, in: bundle),
                readonly: mount.flags & MountFlags.readonly != 0, field: path + ".source"))
    }

    private func refuseIDMapping(
        _ entry: MountEntry, _ options: MountOptions, _ path: String
    ) throws(RuntimeError) {
        if let word = options.idMapping {
            throw .unsupported(path: path + ".options", reason: "not supported yet: \(word)")
        }
        guard (entry.uidMappings ?? []).isEmpty else {
            throw .unsupported(path: path + ".uidMappings", reason: "not supported yet")
        }
    }
}
