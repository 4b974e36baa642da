internal import Glibc
internal import Linux

/// Names of the host's users. The file is read by ourselves: a static program has no other sources of names.
enum UserName {
    private static let file = "/etc/passwd"

    /// The name of passwd(5), or `#UID` where there is none, as runc has it.
    static func text(of uid: UInt32) -> String {
        guard let bytes = try? OwnedFD.open(file, O_RDONLY).readAll(limit: 1 << 20) else {
            return "#\(uid)"
        }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count > 2, UInt32(fields[2]) == uid { return String(fields[0]) }
        }
        return "#\(uid)"
    }
}
