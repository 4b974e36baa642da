internal import Glibc
internal import Linux

/// Files of procfs and cgroupfs, which take and give a text in one call.
enum KernelFile {
    /// Writes the whole text with one write(2).
    static func write(_ text: String, to path: String) throws(Errno) {
        try OwnedFD.open(path, O_WRONLY).writeAll(Array(text.utf8))
    }

    /// The text, at most 64 KiB of it.
    static func read(_ path: String) throws(Errno) -> String {
        let file = try OwnedFD.open(path, O_RDONLY)
        return String(decoding: try file.readAll(limit: 65536), as: UTF8.self)
    }

    /// The first bytes.
    static func read(_ path: String, upTo count: Int) throws(Errno) -> [UInt8] {
        try OwnedFD.open(path, O_RDONLY).read(upTo: count)
    }

    /// mkdir(2); a folder that exists is fine.
    static func makeFolder(_ path: String) throws(Errno) {
        // SAFETY: the path is a zero-terminated copy for the call.
        if unsafe mkdir(path, 0o755) < 0, errno != EEXIST { throw Errno(rawValue: errno) }
    }

    /// Names of the folders in a folder.
    static func folders(in path: String) throws(Errno) -> [String] {
        let folder = try OwnedFD.open(path, O_RDONLY | O_DIRECTORY)
        var names: [String] = []
        while true {
            let records = try folder.directoryRecords(upTo: 4096)
            if records.isEmpty { return names }
            names += DirectoryRecord.folders(in: records)
        }
    }
}
