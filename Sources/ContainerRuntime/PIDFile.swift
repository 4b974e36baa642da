internal import Glibc
internal import Linux

/// The file of `--pid-file`: the number without a newline, complete as soon as it is there.
enum PIDFile {
    static func write(_ pid: Int32, to path: String) throws(RuntimeError) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[...$0]) } ?? "./"
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        do throws(Errno) {
            let directory = try OwnedFD.open(folder, O_RDONLY | O_DIRECTORY)
            let target = try FileName(component: name.utf8)
            let temporary = try FileName(component: ".\(name).\(getpid())".utf8)
            let file = try directory.openBeneath(
                temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
            try file.writeAll(Array(String(pid).utf8))
            try file.close()
            try directory.rename(temporary, into: directory, as: target, flags: 0)
        } catch {
            throw .system("write \(path)", error)
        }
    }
}
