internal import Linux
internal import OCISpec

/// What `vmrun template list` shows.
package struct TemplateList {
    package enum Format: String, Sendable {
        case table
        case json
        /// Names, one per line.
        case quiet
    }

    private let entries: [TemplateStore.Entry]

    package init(in path: String) throws(RuntimeError) {
        entries = try TemplateStore.open(path).entries()
    }

    package func text(_ format: Format) -> String {
        switch format {
        case .table: table
        case .json: JSONValue.array(entries.map(Self.json)).text() + "\n"
        case .quiet: entries.map { $0.name + "\n" }.joined()
        }
    }

    private var table: String {
        let rows = entries.map { entry in
            [
                entry.name, "\(entry.key.memorySize >> 20) MiB", "\(entry.key.processorCount)",
                "\(entry.diskSize >> 20) MiB", Self.time(entry.lastUse), entry.key.kernel,
            ]
        }
        return TextTable.text([["NAME", "MEMORY", "CPUS", "ON DISK", "LAST USE", "KERNEL"]] + rows)
    }

    private static func time(_ time: FileTime) -> String {
        let second: UInt64 = 1_000_000_000
        let text = WallClock.text(ofNanosecond: UInt64(max(0, time.seconds)) * second)
        return text.prefix(19) + "Z"
    }

    private static func json(_ entry: TemplateStore.Entry) -> JSONValue {
        [
            "name": .string(entry.name), "kernel": .string(entry.key.kernel),
            "image": .string(entry.key.image), "parameters": .string(entry.key.kernelParameters),
            "memory": .number(String(entry.key.memorySize)),
            "cpus": .number(String(entry.key.processorCount)),
            "cards": .number(String(entry.key.networkCards)),
            "diskSize": .number(String(entry.diskSize)), "lastUse": .string(time(entry.lastUse)),
        ]
    }
}
