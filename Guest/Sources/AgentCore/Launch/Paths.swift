/// Lexical work on absolute paths, as Go's filepath.Clean does it.
enum Path {
    /// The names of a path from the root on, without empty ones and `.`; `..` takes the one before away.
    static func components(_ path: String) -> [String] {
        var names: [String] = []
        for name in path.split(separator: "/") {
            switch name {
            case ".": continue
            case "..": _ = names.popLast()
            default: names.append(String(name))
            }
        }
        return names
    }

    /// `/a/b` of any spelling of it.
    static func clean(_ path: String) -> String {
        "/" + components(path).joined(separator: "/")
    }
}

/// Where the agent keeps its things in the guest's root.
enum Place {
    /// The share of the host.
    static let share = "/run/vmrun/share"
    /// Where the root of a container is attached, in its own mount namespace, before it becomes the root.
    static let containerRoot = "/run/vmrun/root"
    /// Device nodes that containers with a user namespace bind.
    static let devices = "/run/vmrun/devices"
    static let cgroups = "/sys/fs/cgroup"
    /// The unix sockets that stand in for vsock ports in tests.
    static let ports = "/run/vmrun/ports"

    /// The path of something in the share; `..` does not lead out of it.
    static func inShare(_ path: String) -> String {
        share + Path.clean(path)
    }
}
