package import Linux
internal import Synchronization

/// The log of a sandbox: one JSON object per line with `level`, `msg` and `time` (RFC 3339), as runc writes it.
///
/// Any thread may write. What a guest prints goes there at `debug` only, so that it cannot fill the host's disk.
package final class SandboxLog: Sendable {
    package enum Level: String, Sendable {
        case error
        case warning
        case debug
    }

    /// How often is told what a guest can bring about as often as it likes.
    private static let mostComplaints = 64

    private let descriptor: Lock<OwnedFD?>
    private let debug: Bool
    private let complaints = Atomic<Int>(0)

    /// Takes over the descriptor; without one nothing is written. `debug` lets that level through.
    package init(_ descriptor: consuming sending OwnedFD?, debug: Bool) {
        self.descriptor = Lock(descriptor)
        self.debug = debug
    }

    package func write(_ level: Level, _ message: String) {
        guard level != .debug || debug else { return }
        let text = Self.escaped(message)
        let line =
            "{\"level\":\"\(level.rawValue)\",\"msg\":\"\(text)\",\"time\":\"\(WallClock.rfc3339())\"}\n"
        descriptor.withLock { descriptor in
            // A log that cannot be written is no reason to stop.
            try? descriptor?.writeAll(Array(line.utf8))
        }
    }

    /// An error that the guest has brought about, and may again and again: told a few times only, so that it does not fill
    /// the host's disk.
    package func complain(_ message: String) {
        // Once it is well above it is not counted on.
        guard complaints.load(ordering: .relaxed) <= Self.mostComplaints else { return }
        let number = complaints.wrappingAdd(1, ordering: .relaxed).newValue
        guard number <= Self.mostComplaints else { return }
        write(.error, message)
        if number == Self.mostComplaints {
            write(.warning, "more of the guest's errors are not told")
        }
    }

    /// Marks that a start has come this far; a benchmark reads the times.
    package func phase(_ name: String) {
        write(.debug, "phase: \(name)")
    }

    /// A string as JSON wants it between quotes (RFC 8259, 7).
    package static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
