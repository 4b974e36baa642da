package import OCISpec
internal import Protocols

/// The verb `ps`: the container's processes, as the guest has them.
package struct ProcessTable {
    private let processes: [GuestProcess]

    init(_ processes: [GuestProcess]) {
        self.processes = processes.sorted { $0.pid < $1.pid }
    }

    package static func run(
        _ id: ContainerID, options: [String], root: String
    ) throws(RuntimeError) -> String {
        let columns = try ProcessColumn.chosen(by: options)
        let container = try ExistingContainer(id, root: root)
        // One that has ended has none, as with runc.
        guard try container.status() != .stopped else { return ProcessTable([]).text(columns) }
        var client = try container.client()
        let reply = try client.ask(.listProcesses(container: id.text))
        return ProcessTable(reply.processes).text(columns)
    }

    /// The pids of the processes on the host that stand for the container's, in JSON: what callers of `--format json`
    /// look up in the host's /proc.
    package static func hostPIDs(
        _ id: ContainerID, root: String
    ) throws(RuntimeError) -> String {
        let container = try ExistingContainer(id, root: root)
        let (status, standIns) = try container.query()
        guard status != .stopped else { return "[]" }
        return JSONValue.array(
            ([container.record.pid] + standIns).map { .number(String($0)) }
        ).text()
    }

    func text(_ columns: [ProcessColumn]) -> String {
        let rows = processes.map { process in columns.map { $0.text(process) } }
        let widths = columns.enumerated().compactMap { place, column in
            column.rightAlignedWidth.map { (place, $0) }
        }
        return TextTable.text(
            [columns.map(\.title)] + rows, gap: 1,
            rightAligned: Dictionary(uniqueKeysWithValues: widths))
    }
}
