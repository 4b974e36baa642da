import Protocols
import Testing

/// The mounts of a container, as it sees them itself (mountinfo of proc_pid_mountinfo(5)).
struct MountTable {
    struct Entry {
        /// The folder of the file system that is mounted.
        var root: String
        var destination: String
        var options: Set<String>
        /// `shared:1`, `master:1` and so on.
        var propagation: [String]
        var type: String
        var source: String
        /// Of the file system, not of this mount.
        var superOptions: Set<String>
    }

    let entries: [Entry]

    init(_ text: String) {
        entries = text.split(separator: "\n").compactMap(Entry.init)
    }

    /// The uppermost mount there.
    subscript(destination: String) -> Entry? {
        entries.last { $0.destination == destination }
    }
}

extension MountTable.Entry {
    /// `id parent device root destination options propagation... - type source options`
    init?(_ line: Substring) {
        let fields = line.split(separator: " ").map { String($0) }
        guard let dash = fields.firstIndex(of: "-"), fields.count >= dash + 4 else { return nil }
        root = fields[3]
        destination = fields[4]
        options = Set(fields[5].split(separator: ",").map { String($0) })
        propagation = Array(fields[6..<dash])
        type = fields[dash + 1]
        source = fields[dash + 2]
        superOptions = Set(fields[dash + 3].split(separator: ",").map { String($0) })
    }
}

extension NativeAgent {
    /// The mounts of a container.
    func mounts(
        location: SourceLocation = #_sourceLocation,
        _ change: (inout ContainerPlan) -> Void = { _ in }
    ) throws -> MountTable {
        let plan = Plans.container("cat", "/proc/self/mountinfo")
        let outcome = try run(plan, location: location, change)
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: location)
        return MountTable(outcome.output)
    }
}
