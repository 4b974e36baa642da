internal import Glibc
package import Linux
package import OCISpec

/// ROOT/ID: the state of one container on the host. Mode 0700, made and removed by vmrun.
///
///     state.json     StateRecord, replaced in one step; missing while the container is being made
///     config.json    of the bundle, as it was then
///     seccomp.bpf    the compiled filter, where there is one
///     sandbox.sock   where the sandbox takes requests
///     sandbox.log    lines of JSON from the sandbox
///
/// The folder is locked (flock(2)) by the verb that changes it. A folder that nobody has locked, and whose
/// sandbox is gone, is what a crash has left: the next `create` of that name removes it.
package struct ContainerDirectory: ~Copyable {
    package static let stateName = "state.json"
    package static let configurationName = "config.json"
    package static let socketName = "sandbox.sock"
    static let socketFile: FileName = "sandbox.sock"
    package static let logName = "sandbox.log"

    package let id: ContainerID
    private let name: FileName
    package let root: OwnedFD
    package let folder: OwnedFD

    /// What a new folder is called until it is locked and guarded: no container's name has this character.
    package static var temporaryName: String { "new@\(getpid())" }

    /// Makes the folder, locked and in the care of the guard before others can see it; `idInUse` where a
    /// living container has the name.
    package static func create(
        _ id: ContainerID, root: consuming OwnedFD, guarded guardian: borrowing Guard
    ) throws(RuntimeError) -> ContainerDirectory {
        do throws(Errno) {
            let name = try FileName(component: id.text.utf8)
            let temporary = try FileName(component: temporaryName.utf8)
            try root.makeDirectory(temporary, mode: 0o700)
            let folder = try root.openBeneath(temporary, O_RDONLY | O_DIRECTORY)
            _ = try folder.tryLock()
            try guardian.protect(folder: folder)
            if try publish(temporary, as: name, in: root) {
                return ContainerDirectory(id: id, name: name, root: root, folder: folder)
            }
            try root.remove(temporary, directory: true)
        } catch {
            throw .system("make the folder of \(id)", error)
        }
        throw .idInUse
    }

    /// Gives the folder its lasting name; false where a container has it that was not deleted.
    private static func publish(
        _ temporary: FileName, as name: FileName, in root: borrowing OwnedFD
    ) throws(Errno) -> Bool {
        // RENAME_NOREPLACE of linux/fs.h.
        let noReplace: UInt32 = 1
        while true {
            do throws(Errno) {
                try root.rename(temporary, into: root, as: name, flags: noReplace)
                return true
            } catch .fileExists {
                guard removeRemains(of: name, in: root) else { return false }
            }
        }
    }

    /// The folder of an existing container; `containerNotFound` where there is none.
    package static func open(
        _ id: ContainerID, root path: String
    ) throws(RuntimeError) -> ContainerDirectory {
        do throws(Errno) {
            let name = try FileName(component: id.text.utf8)
            let root = try OwnedFD.open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY)
            let folder = try root.openBeneath(name, O_RDONLY | O_DIRECTORY)
            return ContainerDirectory(id: id, name: name, root: root, folder: folder)
        } catch .noSuchFile, .notADirectory {
            throw .containerNotFound
        } catch {
            throw .system("open the folder of \(id)", error)
        }
    }

    /// Waits until no other verb changes the container; `containerNotFound` where it was removed by then.
    package borrowing func lock() throws(RuntimeError) {
        let links = try RuntimeError.wrap("lock the folder of \(id)") { () throws(Errno) in
            try folder.lock()
            return try folder.status().links
        }
        guard links > 0 else { throw .containerNotFound }
    }

    /// Removes what a crash has left of this name; nothing happens where there is nothing, or a container.
    static func removeRemains(of id: ContainerID, root path: String) {
        guard let root = try? OwnedFD.open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY),
            let name = try? FileName(component: id.text.utf8)
        else { return }
        _ = removeRemains(of: name, in: root)
    }

    /// The ids of all containers, in their order; empty where there is no such folder.
    package static func all(root path: String) -> [ContainerID] {
        guard let root = try? OwnedFD.open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY),
            let names = try? root.names()
        else { return [] }
        return names.map { String(decoding: $0.bytes, as: UTF8.self) }.sorted()
            .compactMap { try? ContainerID($0) }
    }

    /// mkdir -p, mode 0700.
    package static func openRoot(_ path: String) throws(RuntimeError) -> OwnedFD {
        try RuntimeError.wrap("mkdir \(path)") { () throws(Errno) in
            try OwnedFD.makeDirectories(path, mode: 0o700)
        }
        return try RuntimeError.wrap("open \(path)") { () throws(Errno) in
            try OwnedFD.open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY)
        }
    }

    /// Removes the folder of a container that was never made; false where there is one, which `delete` alone removes, also
    /// when it has ended (runtime.md, "Create").
    private static func removeRemains(of name: FileName, in root: borrowing OwnedFD) -> Bool {
        guard let folder = try? root.openBeneath(name, O_RDONLY | O_DIRECTORY) else { return true }
        guard (try? folder.tryLock()) == true else { return false }
        guard readState(in: folder) == nil else { return false }
        empty(folder)
        try? root.remove(name, directory: true)
        return true
    }

    private static func readState(in folder: borrowing OwnedFD) -> StateRecord? {
        guard let file = try? folder.open(at: stateName, O_RDONLY),
            let bytes = try? file.readAll(limit: 16 << 20),
            let tree = try? JSONParser.parse(bytes)
        else { return nil }
        return try? TreeDecoder.decode(StateRecord.self, from: tree)
    }

    /// nil while the container is being made.
    func readState() -> StateRecord? { Self.readState(in: folder) }

    /// Keeps config.json for later verbs.
    borrowing func writeConfiguration(_ text: [UInt8]) throws(RuntimeError) {
        do throws(Errno) {
            let file = try folder.open(
                at: Self.configurationName, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try file.writeAll(text)
            try file.close()
        } catch {
            throw .system("write \(Self.configurationName)", error)
        }
    }

    borrowing func readConfiguration() throws(RuntimeError) -> [UInt8] {
        do throws(Errno) {
            return try folder.open(at: Self.configurationName, O_RDONLY).readAll(limit: 16 << 20)
        } catch {
            throw .system("read \(Self.configurationName)", error)
        }
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

    /// The name of the user who has made the container.
    var owner: String { (try? folder.status()).map { UserName.text(of: $0.user) } ?? "" }

    /// A path of the socket that is short enough for unix(7) wherever ROOT is; valid in this process.
    package var socketPath: String { "/proc/self/fd/\(folder.rawValue)/\(Self.socketName)" }

    /// Requests for this container go to the sandbox of another one, whose machine it is in.
    borrowing func shareSocket(of other: borrowing ContainerDirectory) throws(RuntimeError) {
        try RuntimeError.wrap("link \(Self.socketName) of \(other.id)") { () throws(Errno) in
            try other.folder.link(following: Self.socketFile, into: folder, as: Self.socketFile)
        }
    }

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
