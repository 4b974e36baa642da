/// Where the control group of a container is, from `linux.cgroupsPath` (config-linux.md).
enum CgroupPath: Equatable, Sendable {
    /// Below the mount point of each hierarchy; begins with a slash.
    case absolute(String)
    /// Below the group of the caller, or, in a host with cgroup v2 only, beside that group, which has processes of its
    /// own and so cannot pass controllers on; without a slash at its beginning.
    case relative(String)

    /// As runc takes it with cgroupfs. Without a path the container's name is taken. `..` does not lead out.
    init(_ text: String, id: String) {
        let path = Self.clean(text)
        if text.hasPrefix("/"), !path.isEmpty {
            self = .absolute("/" + path)
        } else {
            self = .relative(path.isEmpty ? id : path)
        }
    }

    /// `slice:prefix:name` of --systemd-cgroup, to the path that systemd would give that scope (systemd.slice(5),
    /// systemd.scope(5)). Without text the scope lies in `system.slice` and has the container's name.
    init(systemd text: String, id: String) throws(RuntimeError) {
        let field = "linux.cgroupsPath"
        let parts =
            text.isEmpty
            ? ["", "vmrun", id]
            : text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 else {
            throw .unsupported(
                path: field,
                reason:
                    "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"\(text)\" instead"
            )
        }
        let unit =
            parts[2].hasSuffix(".slice")
            ? parts[2] : (parts[1].isEmpty ? "" : parts[1] + "-") + parts[2] + ".scope"
        guard !parts[2].isEmpty, !unit.contains("/") else {
            throw .unsupported(path: field, reason: "\"\(unit)\" is not a unit of systemd")
        }
        let slice = parts[0].isEmpty ? "system.slice" : parts[0]
        guard let folder = Self.folder(ofSlice: slice) else {
            throw .unsupported(path: field, reason: "invalid slice name: \(slice)")
        }
        self = .absolute(folder + "/" + unit)
    }

    /// `a-b.slice` is `/a.slice/a-b.slice`, `-.slice` the root; nil where it is no slice's name.
    private static func folder(ofSlice name: String) -> String? {
        guard name.hasSuffix(".slice"), !name.contains("/") else { return nil }
        let stem = name.dropLast(".slice".count)
        guard stem != "-" else { return "" }
        let words = stem.split(separator: "-", omittingEmptySubsequences: false)
        guard !words.contains("") else { return nil }
        return words.indices.reduce("") { path, last in
            path + "/" + words[...last].joined(separator: "-") + ".slice"
        }
    }

    private static func clean(_ text: String) -> String {
        var parts: [Substring] = []
        for part in text.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    /// The path below the mount point, with a slash at its beginning. `alone`: there is no other hierarchy.
    func resolve(in hierarchy: CgroupHierarchy, alone: Bool) -> String {
        switch self {
        case .absolute(let path): return path
        case .relative(let path):
            let own = Self.clean(hierarchy.own)
            let parts = own.split(separator: "/")
            let base = alone && hierarchy.version == .v2 ? parts.dropLast() : parts[...]
            return "/" + (base.map(String.init) + [path]).joined(separator: "/")
        }
    }
}
