internal import Glibc
internal import Linux
internal import Protocols

/// `seccomp.bpf` of a container's folder: the compiled filter for processes of exec. Four bytes of flags (little-endian),
/// then the array of struct sock_filter; no file where there is no filter.
extension ContainerDirectory {
    private static let filterName = "seccomp.bpf"

    borrowing func writeFilter(of process: ProcessPlan) throws(RuntimeError) {
        guard !process.seccompFilter.isEmpty else { return }
        let flags = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: process.seccompFlags >> $0) }
        do throws(Errno) {
            let file = try folder.open(
                at: Self.filterName, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try file.writeAll(flags + process.seccompFilter)
            try file.close()
        } catch {
            throw .system("write \(Self.filterName)", error)
        }
    }

    borrowing func readFilter(into process: inout ProcessPlan) throws(RuntimeError) {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try folder.open(at: Self.filterName, O_RDONLY).readAll(limit: 1 << 20)
        } catch .noSuchFile {
            return
        } catch {
            throw .system("read \(Self.filterName)", error)
        }
        process.seccompFlags = bytes.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        process.seccompFilter = Array(bytes.dropFirst(4))
    }
}
