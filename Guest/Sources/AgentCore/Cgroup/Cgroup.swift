internal import Glibc
internal import Linux
internal import Protocols

/// A cgroup (version 2) below the guest's root: that of one container.
struct Cgroup {
    let components: [String]

    /// - Parameter path: below the guest's cgroup root; `..` does not lead out of it.
    init(_ path: String) {
        components = Path.components(path)
    }

    private init(components: [String]) {
        self.components = components
    }

    /// That of a process of the guest.
    init?(of pid: Int32) {
        let lines = (try? KernelFile.read("/proc/\(pid)/cgroup"))?.split(separator: "\n") ?? []
        // Version 2 has the number 0 and no names (cgroups(7)).
        guard let line = lines.first(where: { $0.hasPrefix("0::") }) else { return nil }
        self.init(String(line.dropFirst(3)))
    }

    /// One below; `..` does not lead out of this one.
    func below(_ path: String) -> Cgroup {
        Cgroup(components: components + Path.components(path))
    }

    var path: String { Cgroup.path(components) }

    private static func path(_ components: [String]) -> String {
        ([Place.cgroups] + components).joined(separator: "/")
    }

    /// Lets the children of a cgroup have all the controllers that it has itself.
    private static func enableControllers(_ components: [String]) throws(Errno) {
        let folder = path(components)
        let controllers = try KernelFile.read(folder + "/cgroup.controllers")
            .split(whereSeparator: { $0 == " " || $0 == "\n" })
        guard !controllers.isEmpty else { return }
        let text = controllers.map { "+\($0)" }.joined(separator: " ")
        try KernelFile.write(text, to: folder + "/cgroup.subtree_control")
    }

    /// Enables the controllers of the root. Once, at boot.
    static func prepareRoot() throws(Errno) {
        try enableControllers([])
    }

    /// Makes the folders, with controllers on the way, and applies the settings in order.
    func create(_ settings: [Assignment]) throws(Failure) {
        do throws(Errno) {
            for count in 1..<(components.count + 1) {
                let prefix = Array(components[..<count])
                try KernelFile.makeFolder(Cgroup.path(prefix))
                if count < components.count { try Cgroup.enableControllers(prefix) }
            }
        } catch {
            throw Action.path("make cgroup", path).failure(error)
        }
        try write(settings)
    }

    /// A descriptor for clone3(2) and bpf(2).
    func open() throws(Failure) -> OwnedFD {
        do throws(Errno) {
            return try OwnedFD.open(path, O_RDONLY | O_DIRECTORY)
        } catch {
            throw Action.path("open cgroup", path).failure(error)
        }
    }

    /// Sends SIGKILL to all processes of the cgroup and those below it.
    func kill() {
        try? KernelFile.write("1", to: path + "/cgroup.kill")
    }

    /// The processes of the cgroup and those below it, as pids of the guest.
    func processes() -> [Int32] {
        var all: [Int32] = []
        Cgroup.visit(components, depth: 0) { folder in
            guard let text = try? KernelFile.read(folder + "/cgroup.procs") else { return }
            all += text.split(separator: "\n").compactMap { Int32($0) }
        }
        return all
    }

    /// Removes the cgroup and those that the container made below it; false while processes are in it.
    func remove() -> Bool {
        var isGone = true
        Cgroup.visit(components, depth: 0) { folder in
            // SAFETY: the path is a zero-terminated copy for the call.
            if unsafe rmdir(folder) < 0, errno != ENOENT { isGone = false }
        }
        return isGone
    }

    /// Calls `body` for the folders below and then for the folder itself. The container decides how deep
    /// they are, and may make more at the same time.
    private static func visit(_ components: [String], depth: Int, _ body: (String) -> Void) {
        let folder = path(components)
        if depth < 32, let names = try? KernelFile.folders(in: folder) {
            for name in names { visit(components + [name], depth: depth + 1, body) }
        }
        body(folder)
    }
}

/// Records of getdents64(2): inode (8 bytes), offset (8), size (2), type (1), the name with its zero.
enum DirectoryRecord {
    private static let nameOffset = 19
    private static let folderType: UInt8 = 4

    /// Names of the folders, without `.` and `..`.
    static func folders(in records: [UInt8]) -> [String] {
        var names: [String] = []
        var start = 0
        while start + nameOffset < records.count {
            let size = Int(records[start + 16]) | Int(records[start + 17]) << 8
            guard size > nameOffset, start + size <= records.count else { break }
            if records[start + 18] == folderType {
                let name = records[start + nameOffset..<start + size].prefix { $0 != 0 }
                names.append(String(decoding: name, as: UTF8.self))
            }
            start += size
        }
        return names.filter { $0 != "." && $0 != ".." }
    }
}
