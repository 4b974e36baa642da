import Foundation

/// A cgroup (version 2) of this host that is the root of one agent's world, so that agents which run at the
/// same time do not meet in it. The agent lies in a cgroup of its own below: a cgroup that hands controllers
/// on may hold no process (cgroups(7)).
final class NativeCgroup {
    let path: String

    init() throws {
        let name = "vmrun-test-\(UInt32.random(in: 0...UInt32.max))"
        path = (Self.mountPoint ?? "/nonexistent") + "/" + name
        try FileManager.default.createDirectory(atPath: agent, withIntermediateDirectories: true)
    }

    /// To be gone before: all processes.
    deinit {
        for folder in folders.reversed() + [""] {
            // SAFETY: the path is a zero-terminated copy for the call.
            _ = unsafe rmdir(path + folder)
        }
    }

    /// Where the agent lies.
    var agent: String { path + "/agent" }

    /// All that there are below, those above before those in them, as the agent's containers name them.
    var folders: [String] {
        let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return all.map { "/" + $0 }.filter { isFolder(path + $0) }.sorted()
    }

    /// Pids of this host.
    func processes(in folder: String) -> [Int32] {
        let text = try? String(contentsOfFile: path + folder + "/cgroup.procs", encoding: .utf8)
        return (text ?? "").split(separator: "\n").compactMap { Int32($0) }
    }

    private func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            && isFolder.boolValue
    }

    /// Where this host has version 2 mounted, if it may be written.
    static let mountPoint: String? = {
        let mounts = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2, fields[2] == "cgroup2" else { continue }
            let folder = String(fields[1])
            return FileManager.default.isWritableFile(atPath: folder) ? folder : nil
        }
        return nil
    }()

    /// Whether a cgroup of an agent has this controller.
    static func has(_ controller: String) -> Bool {
        let text = try? String(
            contentsOfFile: (mountPoint ?? "") + "/cgroup.subtree_control", encoding: .utf8)
        return text?.split(whereSeparator: \.isWhitespace).contains { $0 == controller } ?? false
    }
}
