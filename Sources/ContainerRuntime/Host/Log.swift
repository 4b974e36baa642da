internal import Glibc
internal import Linux
internal import OCISpec

/// Where a verb reports to: lines of JSON or text in the file of `--log`, or on stderr.
///
/// Callers read the last error's `msg` from the JSON lines (level, msg, time), so the names are runc's.
package final class Log {
    package enum Format: String, Sendable {
        case text
        case json
    }

    package enum Level: String, Sendable {
        case debug
        case info
        case warning
        case error
    }

    package struct Line: Sendable {
        package var level: Level
        package var message: String
        /// RFC 3339.
        package var time: String
    }

    private let output: OwnedFD
    /// Whether lines go to a file: then stderr has errors too, for the person who waits there.
    package let isFile: Bool
    private let format: Format
    private let showsDebug: Bool

    /// Appends to the file at `path`, which is made when it is missing; nil: stderr.
    package init(path: String?, format: Format, debug: Bool) throws(RuntimeError) {
        self.format = format
        showsDebug = debug
        isFile = path != nil
        if let path {
            output = try RuntimeError.wrap("open \(path)") { () throws(Errno) in
                try OwnedFD.open(path, O_WRONLY | O_APPEND | O_CREAT, mode: 0o600)
            }
        } else {
            output = try RuntimeError.wrap("stderr") { () throws(Errno) in
                try OwnedFD.duplicating(2)
            }
        }
    }

    package func write(_ level: Level, _ message: String) {
        write(Line(level: level, message: message, time: WallClock.rfc3339()))
    }

    func write(_ line: Line) {
        guard line.level != .debug || showsDebug else { return }
        try? output.writeAll(Array(text(of: line).utf8))
    }

    /// Marks that a start has come this far; a benchmark reads the times.
    package func phase(_ name: String) {
        write(.debug, "phase: \(name)")
    }

    /// Writes to stderr as it is.
    package static func standardError(_ text: String) {
        guard let stderr = try? OwnedFD.duplicating(2) else { return }
        try? stderr.writeAll(Array(text.utf8))
    }

    private func text(of line: Line) -> String {
        let level = line.level.rawValue
        switch format {
        case .json:
            let entry: JSONValue = [
                "level": .string(level), "msg": .string(line.message), "time": .string(line.time),
            ]
            return entry.text() + "\n"
        case .text where isFile:
            let quoted = JSONValue.string(line.message).text()
            return "time=\"\(line.time)\" level=\(level) msg=\(quoted)\n"
        case .text:
            let prefix = line.level == .error ? "" : "vmrun: \(level): "
            return prefix + line.message.replacing("\n", with: " ") + "\n"
        }
    }
}
