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
        guard level != .debug || showsDebug else { return }
        try? output.writeAll(Array(line(level, message).utf8))
    }

    /// Writes to stderr as it is.
    package static func standardError(_ text: String) {
        guard let stderr = try? OwnedFD.duplicating(2) else { return }
        try? stderr.writeAll(Array(text.utf8))
    }

    private func line(_ level: Level, _ message: String) -> String {
        let time = Timestamp.now()
        switch format {
        case .json:
            let entry: JSONValue = [
                "level": .string(level.rawValue), "msg": .string(message), "time": .string(time),
            ]
            return entry.text() + "\n"
        case .text where isFile:
            let quoted = JSONValue.string(message).text()
            return "time=\"\(time)\" level=\(level.rawValue) msg=\(quoted)\n"
        case .text:
            let prefix = level == .error ? "" : "vmrun: " + level.rawValue + ": "
            return prefix + message.replacing("\n", with: " ") + "\n"
        }
    }
}

/// The time of day in RFC 3339.
package enum Timestamp {
    package static func now() -> String {
        text(ofSecond: time(nil))
    }

    /// `seconds` since 1970, in UTC. Years of 400 repeat; a year begins in March, so that leap days end one.
    static func text(ofSecond seconds: Int) -> String {
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        let days = seconds / 86400 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        let clock = seconds % 86400
        return "\(year)-\(two(month))-\(two(day))"
            + "T\(two(clock / 3600)):\(two(clock / 60 % 60)):\(two(clock % 60))Z"
    }
}
