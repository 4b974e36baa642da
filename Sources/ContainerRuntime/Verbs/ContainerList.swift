internal import Glibc
internal import Linux
internal import OCISpec

/// The verb `list`: all containers of a state folder.
package struct ContainerList {
    package enum Format: String, Sendable {
        case table
        case json
        /// Names, one per line.
        case quiet
    }

    private struct Entry {
        let record: StateRecord
        let status: ContainerStatus
        let owner: String
    }

    private let entries: [Entry]

    /// Those that are being made or removed meanwhile are left out. A folder that is missing has none, or is an error if it
    /// must exist.
    package init(root: String, mustExist: Bool) throws(RuntimeError) {
        if mustExist {
            _ = try RuntimeError.wrap("open \(root)") { () throws(Errno) in
                try OwnedFD.open(root, O_RDONLY | O_DIRECTORY)
            }
        }
        entries = ContainerDirectory.all(root: root).compactMap { id in
            guard let container = try? ExistingContainer(id, root: root),
                let status = try? container.status()
            else { return nil }
            return Entry(
                record: container.record, status: status, owner: container.directory.owner)
        }
    }

    package func text(_ format: Format) -> String {
        switch format {
        case .table: table
        case .json: JSONValue.array(entries.map(Self.json)).text() + "\n"
        case .quiet: entries.map { $0.record.id + "\n" }.joined()
        }
    }

    private var table: String {
        let rows = entries.map { entry in
            [
                entry.record.id, entry.status == .stopped ? "0" : String(entry.record.pid),
                entry.status.rawValue, entry.record.bundle, entry.record.created, entry.owner,
            ]
        }
        return TextTable.text(
            [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]] + rows, minimum: 12, gap: 3)
    }

    private static func json(_ entry: Entry) -> JSONValue {
        entry.record.state(entry.status, owner: entry.owner)
    }
}
