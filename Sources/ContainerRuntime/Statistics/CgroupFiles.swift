internal import Protocols

/// What files of a container's cgroup v2 hold (cgroup-v2.rst). A guest wrote them: what is no number counts as missing.
struct CgroupFiles {
    /// What `ContainerStatistics` reads.
    static let names = [
        "cpu.stat", "memory.current", "memory.max", "memory.peak", "memory.stat", "memory.events",
        "memory.swap.current", "memory.swap.max", "pids.current", "pids.max", "io.stat",
    ]

    private let texts: [String: String]

    init(_ files: [Assignment]) {
        texts = Dictionary(files.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// A file with one number; `max` is the largest.
    func number(_ name: String) -> UInt64? {
        guard let text = texts[name]?.split(whereSeparator: \.isWhitespace).first else {
            return nil
        }
        return text == "max" ? UInt64.max : UInt64(text)
    }

    /// A file with lines of a key and a number.
    func table(_ name: String) -> [(key: String, value: UInt64)] {
        (texts[name] ?? "").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let value = UInt64(words[1]) else { return nil }
            return (String(words[0]), value)
        }
    }

    /// One number of such a file; 0 where it is missing.
    func value(_ key: String, of name: String) -> UInt64 {
        table(name).first { $0.key == key }?.value ?? 0
    }

    /// A file with lines `MAJOR:MINOR KEY=NUMBER ...`.
    func devices(_ name: String) -> [(major: UInt64, minor: UInt64, key: String, value: UInt64)] {
        (texts[name] ?? "").split(separator: "\n").flatMap { line in
            let words = line.split(separator: " ")
            let numbers = words.first?.split(separator: ":").compactMap { UInt64($0) } ?? []
            guard numbers.count == 2 else {
                return [(major: UInt64, minor: UInt64, key: String, value: UInt64)]()
            }
            return words.dropFirst().compactMap { word in
                let parts = word.split(separator: "=")
                guard parts.count == 2, let value = UInt64(parts[1]) else { return nil }
                return (numbers[0], numbers[1], String(parts[0]), value)
            }
        }
    }
}
