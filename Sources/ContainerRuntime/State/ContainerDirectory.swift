internal import Glibc
package import Linux
package import OCISpec

/// ROOT/ID: the state of one container on the host. Mode 0700, made and removed by vmrun.
///
///     state.json     StateRecord, replaced in one step; missing while the container is being made
///     sandbox.sock   where the sandbox takes requests
///     sandbox.log    lines of JSON from the sandbox
///
/// The folder is locked (flock(2)) by the verb that changes it. A folder that nobody has locked, and whose
/// sandbox is gone, is what a crash has left: the next `create` of that name removes it.
package struct ContainerDirectory: ~Copyable {
    package static let stateName = "state.json"
    package static let socketName = "sandbox.sock"
    package static let logName = "sandbox.log"

    package let id: ContainerID
    private let name: FileName
    package let root: OwnedFD
    package let folder: OwnedFD

    /// Makes the folder and takes its lock; `idInUse` where a living container has it.
    package static func create(
        _ id: ContainerID, root path: String
    ) throws(RuntimeError) -> ContainerDirectory {
        let root = try openRoot(path)
        let name = try RuntimeError.wrap("\(id)") { () throws(Errno) in
            try FileName(component: id.text.utf8)
        }
        for _ in 0..<16 {
            do throws(Errno) {
                try root.makeDirectory(name, mode: 0o700)
            } catch .fileExists {
                try removeRemains(of: name, in: root)
                continue
            } catch {
                throw .system("mkdir \(path)/\(id)", error)
            }
            let folder = try RuntimeError.wrap("open \(path)/\(id)") { () throws(Errno) in
                try root.openBeneath(name, O_RDONLY | O_DIRECTORY)
            }
            // Another verb may have taken the new folder for remains: then all begins anew.
            if (try? folder.tryLock()) == true, let status = try? folder.status(), status.links > 0
            {
                return ContainerDirectory(id: id, name: name, root: root, folder: folder)
            }
        }
        throw .idInUse
    }

    /// mkdir -p, mode 0700.
    private static func openRoot(_ path: String) throws(RuntimeError) -> OwnedFD {
        try RuntimeError.wrap("mkdir \(path)") { () throws(Errno) in
            try OwnedFD.makeDirectories(path, mode: 0o700)
        }
        return try RuntimeError.wrap("open \(path)") { () throws(Errno) in
            try OwnedFD.open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY)
        }
    }

    /// Removes the folder of a container that has come to its end without a verb; throws where it lives.
    private static func removeRemains(
        of name: FileName, in root: borrowing OwnedFD
    ) throws(RuntimeError) {
        guard let folder = try? root.openBeneath(name, O_RDONLY | O_DIRECTORY) else { return }
        guard (try? folder.tryLock()) == true else { throw .idInUse }
        if let record = readState(in: folder), record.process.isRunning { throw .idInUse }
        empty(folder)
        try? root.remove(name, directory: true)
    }

    private static func readState(in folder: borrowing OwnedFD) -> StateRecord? {
        guard let file = try? folder.open(at: stateName, O_RDONLY),
            let bytes = try? file.readAll(limit: 16 << 20),
            let tree = try? JSONParser.parse(bytes)
        else { return nil }
        return try? TreeDecoder.decode(StateRecord.self, from: tree)
    }

    private static func empty(_ folder: borrowing OwnedFD) {
        for name in (try? folder.names()) ?? [] {
            try? folder.remove(name, directory: false)
        }
    }

    /// Replaces state.json in one step.
    package borrowing func write(_ record: StateRecord) throws(RuntimeError) {
        do throws(Errno) {
            let file = try folder.open(
                at: "state.json.new", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try file.writeAll(Array((record.json.text() + "\n").utf8))
            try file.close()
            try folder.rename("state.json.new", into: folder, as: "state.json", flags: 0)
        } catch {
            throw .system("write \(Self.stateName)", error)
        }
    }

    /// A path of the socket that is short enough for unix(7) wherever ROOT is; valid in this process.
    package var socketPath: String { "/proc/self/fd/\(folder.rawValue)/\(Self.socketName)" }

    /// The log of the sandbox, to be appended to.
    package borrowing func openLog() throws(RuntimeError) -> OwnedFD {
        do throws(Errno) {
            return try folder.open(
                at: Self.logName, O_RDWR | O_CREAT | O_APPEND, mode: 0o600)
        } catch {
            throw .system("open \(Self.logName)", error)
        }
    }

    /// Lets other verbs at the container. The folder stays.
    package borrowing func unlock() {
        folder.unlock()
    }

    /// Removes the folder and everything in it, unless another verb has done or is doing that: then the
    /// name may be a new container's already.
    package consuming func remove() {
        guard (try? folder.tryLock()) == true, let status = try? folder.status(), status.links > 0
        else { return }
        Self.empty(folder)
        try? root.remove(name, directory: true)
    }
}
