import ArgumentParser
import ContainerRuntime
import Glibc

/// `vmrun events`: statistics of a container, and its out-of-memory kills.
struct EventsCommand: Verb {
    static let name = "events"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Print statistics and out-of-memory kills as they come.")

    @ParentCommand var vmrun: Vmrun

    @Option(help: ArgumentHelp("Time between statistics, such as 5s.", valueName: "duration"))
    var interval = "5s"

    @Flag(help: "Print the statistics of now, and end.")
    var stats = false

    @Argument(help: ArgumentHelp("Name of the container.", valueName: "container-id"))
    var arguments: [String] = []

    func carryOut(_ log: Log) throws(RuntimeError) -> Int32 {
        let id = try containerID(arguments, of: Self.name)
        guard let milliseconds = Duration.milliseconds(interval), milliseconds > 0 else {
            throw .usage("duration interval must be greater than 0")
        }
        let events = Events(id, root: vmrun.stateRoot()) { line in
            print(line)
            // Whoever reads along wants each at once.
            fflush(nil)
        }
        try stats ? events.statistics() : events.stream(interval: milliseconds)
        return 0
    }
}

extension Duration {
    /// `5s`, `1m30s`, `500ms`: durations as Go writes them, in whole milliseconds.
    static func milliseconds(_ text: String) -> Int32? {
        let units: [(String, Double)] = [("ms", 1), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        var rest = text[...]
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count)
            guard let number = Double(digits),
                let unit = units.first(where: { rest.hasPrefix($0.0) })
            else { return nil }
            rest = rest.dropFirst(unit.0.count)
            total += number * unit.1
        }
        return text.isEmpty ? nil : Int32(exactly: total.rounded())
    }
}
