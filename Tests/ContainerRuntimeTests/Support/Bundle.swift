import ContainerRuntime
import Foundation
import Glibc
import Linux

/// A folder of its own for one test, with a bundle in it; removed with its owner, and what it has of containers.
final class TestBundle {
    let folder: String

    var bundle: String { folder + "/bundle" }
    /// Longer than a socket's path may be.
    var root: String { folder + "/" + String(repeating: "r", count: 120) }
    /// The folder of templates.
    var templates: String { folder + "/templates" }
    /// The kernel: what the fake sandbox does when it makes a template.
    var kernel: String { folder + "/kernel" }
    /// The names in the state folder: the containers that exist.
    var containers: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    }

    /// Whether control groups can be made here.
    private static let hasCgroups =
        FileManager.default.isWritableFile(atPath: "/sys/fs/cgroup/cgroup.procs")
        || FileManager.default.isWritableFile(atPath: "/sys/fs/cgroup/pids/cgroup.procs")

    /// The process is what the fake sandbox plays.
    init(_ arguments: [String], terminal: Bool = false) throws {
        folder = NSTemporaryDirectory() + "vmrun-test-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: bundle + "/rootfs", withIntermediateDirectories: true)
        try makesTemplates("")
        // Tests run at the same time, with containers of the same name.
        let cgroup =
            Self.hasCgroups
            ? "\"cgroupsPath\": \"/\(URL(fileURLWithPath: folder).lastPathComponent)\", " : ""
        let list = arguments.map { "\"\($0)\"" }.joined(separator: ",")
        try write(
            """
            {"ociVersion": "1.2.0", "root": {"path": "rootfs"},
             "process": {"cwd": "/", "args": [\(list)], "terminal": \(terminal)},
             "linux": {\(cgroup)"namespaces": [
               {"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"},
               {"type": "mount"}]}}
            """)
    }

    /// Replaces config.json.
    func write(_ text: String) throws {
        try text.write(toFile: bundle + "/config.json", atomically: false, encoding: .utf8)
    }

    /// Changes a part of config.json.
    func replace(_ old: String, with new: String) throws {
        let text = try String(contentsOfFile: bundle + "/config.json", encoding: .utf8)
        try write(text.replacing(old, with: new))
    }

    /// Says what the maker of a template does, one step per line (`Maker` in Tests/FakeSandbox), besides the count.
    func makesTemplates(_ steps: String) throws {
        try "count \(folder)/made\n\(steps)\n".write(
            toFile: kernel, atomically: false, encoding: .utf8)
    }

    /// How many makers of templates have begun.
    var makerCount: Int {
        FileManager.default.contents(atPath: folder + "/made")?.count ?? 0
    }

    /// The names in the folder of templates, in order.
    var templateNames: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: templates)) ?? []).sorted()
    }

    deinit {
        // What a test has left, its control groups among it.
        for id in containers where !id.contains("@") {
            _ = try? Invocation(["delete", "--force", id], in: self).status()
        }
        // Of containers that no verb has deleted.
        let mounts = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup")) ?? []
        let name = URL(fileURLWithPath: folder).lastPathComponent
        CgroupRemains.remove(([""] + mounts).map { "/sys/fs/cgroup/\($0)/\(name)" })
        try? FileManager.default.removeItem(atPath: folder)
    }
}
