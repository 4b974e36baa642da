import Foundation
import Protocols

/// What an agent and its containers have in the kernel. After a container is gone it is as before.
struct Traces: Equatable {
    var processes: [Int32]
    /// Children of the agent, those that nobody has waited for included.
    var children: String
    var cgroups: [String]
    /// The agent's mountinfo.
    var mounts: [Substring]
    var descriptors: Int
}

extension Traces {
    /// What is not as it was before.
    func changes(since before: Traces) -> [String] {
        var changes = mounts.difference(from: before.mounts).map { "\($0)" }
        for (what, now, then) in [
            ("processes", "\(processes)", "\(before.processes)"),
            ("children", children, before.children),
            ("cgroups", "\(cgroups)", "\(before.cgroups)"),
            ("descriptors", "\(descriptors)", "\(before.descriptors)"),
        ] where now != then {
            changes.append("\(what): \(now) instead of \(then)")
        }
        return changes
    }
}

extension NativeAgent {
    /// What is not as it was before, when all that ends has ended. Orphans of a container that the agent has killed
    /// may still be on their way.
    func changes(since before: Traces) throws -> [String] {
        let deadline = ContinuousClock.now + .milliseconds(Patience.milliseconds)
        while true {
            let changes = try traces().changes(since: before)
            if changes.isEmpty || ContinuousClock.now > deadline { return changes }
        }
    }

    /// What there is now. A request that changes nothing comes before: the agent has finished all others
    /// when it answers that.
    func traces() throws -> Traces {
        try request(.deleteContainer(container: "none"))
        let folder = "/proc/\(pid)"
        let children = try? String(
            contentsOfFile: "\(folder)/task/\(pid)/children", encoding: .utf8)
        let mounts = try String(contentsOfFile: "\(folder)/mountinfo", encoding: .utf8)
        return Traces(
            processes: cgroup.folders.flatMap { cgroup.processes(in: $0) }.sorted(),
            children: children ?? "", cgroups: cgroup.folders,
            mounts: mounts.split(separator: "\n"),
            descriptors: try FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd").count)
    }
}
