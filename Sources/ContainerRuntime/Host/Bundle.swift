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

    package static let configurationName = "config.json"

    /// Reads and validates the configuration of the bundle, which is a file of this name in it, or an absolute path; ""
    /// is the current directory.
    package init(
        path: String, configuration name: String = Self.configurationName
    ) throws(RuntimeError) {
        let path = path.isEmpty ? "." : path
        let folder = try RuntimeError.wrap("chdir \(path)") { () throws(Errno) in
            try OwnedFD.openPath(path, O_DIRECTORY)
        }
        self.path = try RuntimeError.wrap("bundle \(path)") { () throws(Errno) in
            try folder.path()
        }
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try folder.open(at: name, O_RDONLY).readAll(limit: Self.sizeLimit)
        } catch {
            guard error == .noSuchFile, name == Self.configurationName else {
                throw .system("open \(name)", error)
            }
            throw .configurationNotFound
        }
        text = bytes
        do throws(SpecError) {
            (configuration, warnings) = try Configuration.read(bytes)
        } catch {
            throw .document(file: name, error)
        }
    }
}
