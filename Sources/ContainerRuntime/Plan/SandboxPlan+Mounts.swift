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
        var mount = Mount()
        // Like runc: a destination may be named as the host sees it.
        let destination = pathInRoot(entry.destination) ?? entry.destination
        mount.destination = destination.hasPrefix("/") ? destination : "/" + destination
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
            try addBind(&mount, entry, options, index, bundle)
        } else {
            if let word = options.idMapping {
                throw .unsupported(
                    path: path + ".options", reason: "\(word) is for bind mounts only")
            }
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
        _ mount: inout Mount, _ entry: MountEntry, _ options: MountOptions, _ index: Int,
        _ bundle: String
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
        mount.type = "bind"
        mount.flags |= MountFlags.bind
        let hostPath = Self.absolute(source, in: bundle)
        let view = try view(entry, options, path)
        if let own = pathInRoot(hostPath), view.uidMappings.isEmpty {
            // What other mounts have put there by then is a part of it.
            mount.source = own
            return
        }
        let name = "mounts/\(index)"
        mount.sharePath = name
        shares.append(
            ShareSource(
                name: name, hostPath: hostPath, view: view,
                recursive: options.flags & MountFlags.recursive != 0, field: path + ".source"))
    }

    /// The place in the container of a path of the host that lies below the container's root; nil elsewhere.
    private func pathInRoot(_ hostPath: String) -> String? {
        guard let root = shares.first?.hostPath, hostPath.hasPrefix(root + "/") else { return nil }
        return String(hostPath.dropFirst(root.count))
    }

    /// The mappings of the mount itself, or else, with `idmap`, those of the container's user namespace.
    private func view(
        _ entry: MountEntry, _ options: MountOptions, _ path: String
    ) throws(RuntimeError) -> Share.View {
        var view = Share.View()
        view.readonly = options.flags & MountFlags.readonly != 0
        view.uidMappings = (entry.uidMappings ?? []).map(IDMapping.init)
        view.gidMappings = (entry.gidMappings ?? []).map(IDMapping.init)
        view.mappingsBelow = options.idMapping == "ridmap"
        guard let word = options.idMapping, view.uidMappings.isEmpty else { return view }
        view.uidMappings = container.uidMappings
        view.gidMappings = container.gidMappings
        guard !view.uidMappings.isEmpty, !view.gidMappings.isEmpty else {
            throw .unsupported(
                path: path + ".options",
                reason: "\(word) needs uidMappings and gidMappings, or a user namespace")
        }
        return view
    }
}
