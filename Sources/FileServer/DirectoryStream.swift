import Linux

/// One entry of a folder, as the host or the server itself lists it.
struct DirectoryEntry: Sendable {
    var inode: UInt64
    /// Where to go on reading after it.
    var next: UInt64
    /// DT_*.
    var type: UInt8
    var name: [UInt8]

    /// Whether it is `.` or `..`.
    var isDots: Bool {
        name == [0x2e] || name == [0x2e, 0x2e]
    }
}

/// A folder of the host the client has open.
///
/// Reads of one handle are taken one after the other, since they share a position.
final class DirectoryStream: Sendable {
    private struct State {
        var position: UInt64 = 0
        /// Entries that were fetched but not taken; the first one stands at `position`.
        var pending: [DirectoryEntry] = []
        var index = 0
    }

    let open: OpenFile
    private let state = Lock(State())
    private static let chunk = 32768

    init(_ open: OpenFile) {
        self.open = open
    }

    /// Offers entries from an offset on, until `take` refuses one or the folder ends.
    func read(from offset: UInt64, _ take: (DirectoryEntry) -> Bool) throws(Errno) {
        try state.withLock { state throws(Errno) in
            if offset != state.position || offset == 0 {
                guard let target = Int64(exactly: offset) else { throw .invalidArgument }
                // SEEK_SET
                _ = try open.descriptor.file.seek(to: target, whence: 0)
                state = State(position: offset)
            }
            while true {
                if state.index == state.pending.count {
                    let records = try open.descriptor.file.directoryRecords(upTo: Self.chunk)
                    state.pending = Self.parse(records)
                    state.index = 0
                    guard !state.pending.isEmpty else { return }
                }
                let entry = state.pending[state.index]
                guard take(entry) else { return }
                state.index += 1
                state.position = entry.next
            }
        }
    }

    /// struct linux_dirent64: inode, offset, u16 record length, u8 type, name with a zero.
    private static func parse(_ records: [UInt8]) -> [DirectoryEntry] {
        var entries: [DirectoryEntry] = []
        var start = 0
        while start + 19 < records.count {
            let length = Int(records[start + 16]) | Int(records[start + 17]) << 8
            guard length > 19, start + length <= records.count else { break }
            let name = records[(start + 19)..<(start + length)].prefix { $0 != 0 }
            entries.append(
                DirectoryEntry(
                    inode: number(records, at: start), next: number(records, at: start + 8),
                    type: records[start + 18], name: Array(name)))
            start += length
        }
        return entries
    }

    private static func number(_ bytes: [UInt8], at start: Int) -> UInt64 {
        bytes[start..<(start + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
