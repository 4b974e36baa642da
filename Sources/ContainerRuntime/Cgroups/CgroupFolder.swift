internal import Glibc
internal import Linux

/// A control group in one hierarchy of the host: a folder of files.
struct CgroupFolder: Equatable, Sendable {
    let hierarchy: CgroupHierarchy
    /// Below the mount point, with a slash at its beginning.
    let name: String

    var path: String { hierarchy.mountPoint + (name == "/" ? "" : name) }

    /// Makes it with the folders above it that are missing, so that processes can be put into it.
    func make() throws(Errno) {
        var above = CgroupFolder(hierarchy: hierarchy, name: "/")
        var parts = name.split(separator: "/")
        let controllers =
            hierarchy.version == .v2
            ? ((try? above.read("cgroup.controllers")) ?? "").split(separator: " ") : []
        while !parts.isEmpty {
            above.passOn(controllers)
            let path = (above.name == "/" ? "" : above.name) + "/" + parts.removeFirst()
            let next = CgroupFolder(hierarchy: hierarchy, name: path)
            try OwnedFD.makeDirectory(next.path, mode: 0o755)
            if hierarchy.has("cpuset") { try next.inheritProcessors(of: above) }
            above = next
        }
    }

    /// Lets the groups below this one have the controllers (v2): all at once, or as many as there are.
    private func passOn(_ controllers: [Substring]) {
        guard !controllers.isEmpty else { return }
        let file = "cgroup.subtree_control"
        let known = ((try? read(file)) ?? "").split(separator: " ")
        let missing = controllers.filter { !known.contains($0) }
        guard !missing.isEmpty else { return }
        let all = missing.map { "+" + $0 }.joined(separator: " ")
        do throws(Errno) {
            try write(all, to: file)
        } catch {
            for controller in missing { try? write("+" + controller, to: file) }
        }
    }

    /// A new group of v1's cpuset has no processor and takes no process.
    private func inheritProcessors(of above: CgroupFolder) throws(Errno) {
        for file in ["cpuset.cpus", "cpuset.mems"] {
            guard let own = try? read(file), own.isEmpty, let value = try? above.read(file) else {
                continue
            }
            try write(value, to: file)
        }
    }

    /// The text without the line's end.
    func read(_ file: String) throws(Errno) -> String {
        let bytes = try OwnedFD.open(path + "/" + file, O_RDONLY).readAll(limit: 1 << 20)
        let isLine = bytes.last == UInt8(ascii: "\n")
        return String(decoding: isLine ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }

    func write(_ value: String, to file: String) throws(Errno) {
        // Truncating is for the files of tests: the kernel's take each write as a whole.
        try OwnedFD.open(path + "/" + file, O_WRONLY | O_TRUNC).writeAll(Array(value.utf8))
    }

    /// Its processes are stopped, or about to be.
    var isFrozen: Bool {
        hierarchy.version == .v2
            ? (try? read("cgroup.freeze")) == "1"
            : ["FREEZING", "FROZEN"].contains(try? read("freezer.state"))
    }

    /// The pids in it, as this process sees them.
    var processes: [Int32] {
        ((try? read("cgroup.procs")) ?? "").split(separator: "\n").compactMap { Int32($0) }
    }
}
