internal import Devices

/// What a kernel printed last, cut down to what a person wants to read in an error message.
internal enum LastWords {
    private static let longestLine = 160
    /// Of lines, from the one that says what is wrong.
    private static let count = 4
    private static let signs = ["Kernel panic", "BUG:", "Oops", "vmrun-agent:", "Fatal error"]

    /// To be appended to what happened to the guest; empty where it has printed nothing.
    static func appendix(_ serial: SerialPort?) -> String {
        let words = choose(from: serial?.lastLines(64) ?? [])
        return words.isEmpty ? "" : "; its last words: " + words.joined(separator: " | ")
    }

    /// From the last line that names a disaster on, or the very last lines; without time stamps.
    static func choose(from lines: [String]) -> [String] {
        let disaster = lines.lastIndex { line in signs.contains { line.contains($0) } }
        let chosen = disaster.map { lines[$0...].prefix(count) } ?? lines.suffix(2)
        return chosen.map { String(withoutStamp($0).prefix(longestLine)) }
    }

    /// `[    1.234567] text` without the brackets.
    private static func withoutStamp(_ line: String) -> Substring {
        guard line.hasPrefix("["), let end = line.firstIndex(of: "]") else { return line[...] }
        return line[line.index(after: end)...].drop { $0 == " " }
    }
}
