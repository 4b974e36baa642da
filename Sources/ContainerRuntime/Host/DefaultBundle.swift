internal import Glibc
internal import Linux
internal import OCISpec

/// The verb `spec`.
package enum DefaultBundle {
    /// Writes config.json into a folder ("": the current one), never over one that is there; a rootless one is for the
    /// user whom this process acts for.
    package static func writeConfiguration(
        to path: String, rootless: Bool
    ) throws(RuntimeError) {
        let path = path.isEmpty ? "." : path
        let folder = try RuntimeError.wrap("chdir \(path)") { () throws(Errno) in
            try OwnedFD.openPath(path, O_DIRECTORY)
        }
        let text: String
        do throws(SpecError) {
            text =
                try rootless
                ? Configuration.rootlessText(
                    uid: ProcessSetup.effectiveUser, gid: ProcessSetup.effectiveGroup)
                : Configuration.defaultText()
        } catch {
            throw .document(file: "config.json", error)
        }
        do throws(Errno) {
            let file = try folder.open(
                at: "config.json", O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
            try file.writeAll(Array(text.utf8))
            try file.close()
        } catch .fileExists {
            throw .usage("File config.json exists. Remove it first")
        } catch {
            throw .system("open config.json", error)
        }
    }
}
