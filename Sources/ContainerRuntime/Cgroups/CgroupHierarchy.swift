/// One tree of control groups that is mounted on this host.
struct CgroupHierarchy: Equatable, Sendable {
    enum Version: Equatable, Sendable {
        /// With its controllers, or its name as `name=systemd`.
        case v1([String])
        case v2
    }

    var version: Version
    /// Absolute.
    var mountPoint: String
    /// Where this process is in it: a path below the mount point that begins with a slash.
    var own: String

    func has(_ controller: String) -> Bool {
        if case .v1(let controllers) = version { controllers.contains(controller) } else { false }
    }
}

extension CgroupHierarchy {
    /// The hierarchies of this process, from the texts of /proc/self/mountinfo and /proc/self/cgroup (cgroups(7),
    /// proc(5)). Those that are not mounted are left out.
    static func parse(mounts: String, memberships: String) -> [CgroupHierarchy] {
        let mounts = mounts.split(separator: "\n").compactMap(Mount.init)
        return memberships.split(separator: "\n").compactMap { line in
            // `9:cpu,cpuacct:/path`; the path may have colons.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            let controllers = parts[1].split(separator: ",").map(String.init)
            let version: Version = controllers.isEmpty ? .v2 : .v1(controllers)
            let mount = mounts.first { mount in
                controllers.isEmpty
                    ? mount.type == "cgroup2"
                    : mount.type == "cgroup" && mount.options.isSuperset(of: controllers)
            }
            guard let mount else { return nil }
            return CgroupHierarchy(
                version: version, mountPoint: mount.point,
                own: below(mount.root, String(parts[2])))
        }
    }

    /// A path of the hierarchy as it is seen through a mount of the part below `root`.
    private static func below(_ root: String, _ path: String) -> String {
        guard root != "/", path == root || path.hasPrefix(root + "/") else { return path }
        return path == root ? "/" : String(path.dropFirst(root.count))
    }

    private struct Mount {
        var root: String
        var point: String
        var type: Substring
        var options: Set<String>

        /// A line of proc_pid_mountinfo(5).
        init?(_ line: Substring) {
            let fields = line.split(separator: " ")
            guard let separator = fields.firstIndex(of: "-"), separator >= 6,
                fields.count > separator + 3
            else { return nil }
            root = Self.unescaped(fields[3])
            point = Self.unescaped(fields[4])
            type = fields[separator + 1]
            options = Set(fields[separator + 3].split(separator: ",").map(String.init))
        }

        /// Blanks, tabulators, line feeds and backslashes are octal numbers of three digits there.
        private static func unescaped(_ text: Substring) -> String {
            let parts = text.split(separator: "\\", omittingEmptySubsequences: false)
            return parts.dropFirst().reduce(String(parts[0])) { result, part in
                guard let code = UInt8(part.prefix(3), radix: 8) else {
                    return result + "\\" + part
                }
                return result + String(UnicodeScalar(code)) + part.dropFirst(3)
            }
        }
    }
}
