internal import Glibc
internal import Linux
package import OCISpec

/// A folder with config.json and a root file system.
package struct Bundle: Equatable, Sendable {
    /// Absolute, without symbolic links.
    package let path: String
    package let configuration: Configuration
    package let warnings: [SpecWarning]
    /// config.json as it was read.
    package let text: [UInt8]

    /// No configuration of a sane caller is larger, in bytes.
    private static let sizeLimit = 16 << 20

    /// Reads and validates config.json of the bundle; "" is the current directory.
    package init(path: String) throws(RuntimeError) {
        let path = path.isEmpty ? "." : path
        let folder = try RuntimeError.wrap("chdir \(path)") { () throws(Errno) in
            try OwnedFD.openPath(path, O_DIRECTORY)
        }
        self.path = try RuntimeError.wrap("bundle \(path)") { () throws(Errno) in
            try folder.path()
        }
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try folder.open(at: "config.json", O_RDONLY).readAll(limit: Self.sizeLimit)
        } catch {
            guard error == .noSuchFile else { throw .system("open config.json", error) }
            throw .configurationNotFound
        }
        text = bytes
        do throws(SpecError) {
            (configuration, warnings) = try Configuration.read(bytes)
        } catch {
            throw .document(file: "config.json", error)
        }
    }
}
