internal import Glibc
package import Linux
internal import OCISpec

/// A template that can be started from.
package final class Template {
    /// The name of its folder.
    let name: String
    let state: OwnedFD
    let memory: OwnedFD

    fileprivate init(_ name: String, in folder: borrowing OwnedFD) throws(Errno) {
        self.name = name
        state = try folder.open(at: TemplateStore.stateName, O_RDONLY)
        memory = try folder.open(at: TemplateStore.memoryName, O_RDONLY)
    }
}

/// The folder of all templates. Each has a folder of its own there:
///
///     NAME/template.json   the key, in full
///     NAME/state           what the sandbox says of the machine
///     NAME/memory          the machine's memory, sparse
///     NAME.new             a template that is being made; locked (flock(2)) by its maker
///
/// A name is one of `TemplateKey`; what else lies there is not ours.
///
/// A template appears with one rename(2), whole, and is never changed. Removing one that machines run from is safe.
package struct TemplateStore: ~Copyable {
    static let documentName = "template.json"
    static let stateName = "state"
    static let memoryName = "memory"
    private static let stagingSuffix = ".new"
    /// How many templates are kept; those that were not used for the longest time go.
    private static let capacity = 8
    /// The time of use is written only when the last one is older, in seconds.
    private static let useGranularity: Int64 = 60

    private let folder: OwnedFD

    /// Opens the folder, which is made when it is missing. What is in it becomes the memory of machines, so nobody
    /// else may be able to write there.
    package static func open(_ path: String) throws(RuntimeError) -> TemplateStore {
        let folder = try RuntimeError.wrap("open the folder of templates \(path)") {
            () throws(Errno) in
            try OwnedFD.makeDirectories(path, mode: 0o700)
            return try OwnedFD.open(path, O_RDONLY | O_DIRECTORY)
        }
        let status = try RuntimeError.wrap("stat \(path)") { () throws(Errno) in
            try folder.status()
        }
        guard status.user == ProcessSetup.effectiveUser, status.mode & 0o022 == 0 else {
            throw .templates("\(path): others can write there")
        }
        return TemplateStore(folder: folder)
    }

    /// The template for a key; nil where there is none.
    package borrowing func find(_ key: TemplateKey) throws(RuntimeError) -> Template? {
        do throws(Errno) {
            let place = try folder.open(at: key.name, O_RDONLY | O_DIRECTORY)
            guard try Self.document(in: place) == key.document else { return nil }
            let template = try Template(key.name, in: place)
            Self.noteUse(of: template)
            return template
        } catch .noSuchFile {
            return nil
        } catch {
            throw .system("open the template \(key.name)", error)
        }
    }

    /// The template for a key, made by `make` in a folder of its own where there is none. Of several that want the
    /// same one at the same time, one makes it and the others wait.
    package borrowing func obtain(
        _ key: TemplateKey, make: (borrowing OwnedFD) throws(RuntimeError) -> Void
    ) throws(RuntimeError) -> Template {
        while true {
            if let template = try find(key) { return template }
            let staging = try Self.stagingName(key.name)
            guard let place = try lock(staging) else { continue }
            // Another maker may have come to its end between the look and the lock.
            if let template = try find(key) {
                Self.delete(staging, in: folder)
                return template
            }
            do throws(RuntimeError) {
                Self.empty(place)
                makeRoom(for: key)
                try Self.write(key.document, in: place)
                try make(place)
                try publish(staging, as: key.name)
            } catch {
                Self.delete(staging, in: folder)
                throw error
            }
        }
    }

    /// Removes a template that cannot be used.
    package borrowing func discard(_ name: String) {
        guard let name = try? FileName(component: name.utf8) else { return }
        Self.delete(name, in: folder)
    }

    private static func stagingName(_ name: String) throws(RuntimeError) -> FileName {
        try RuntimeError.wrap("name a template") { () throws(Errno) in
            try FileName(component: (name + stagingSuffix).utf8)
        }
    }

    /// The folder of a template in the making, locked; nil where it went away while the lock was waited for.
    private borrowing func lock(_ staging: FileName) throws(RuntimeError) -> OwnedFD? {
        do throws(Errno) {
            do throws(Errno) {
                try folder.makeDirectory(staging, mode: 0o700)
            } catch .fileExists {
            }
            let place = try folder.openBeneath(staging, O_RDONLY | O_DIRECTORY)
            try place.lock()
            guard try folder.status(of: staging).inode == place.status().inode else { return nil }
            return place
        } catch .noSuchFile {
            return nil
        } catch {
            throw .system("make a template", error)
        }
    }

    private borrowing func publish(_ staging: FileName, as name: String) throws(RuntimeError) {
        do throws(Errno) {
            let name = try FileName(component: name.utf8)
            // What has the name has another key, or is broken.
            Self.delete(name, in: folder)
            try folder.rename(staging, into: folder, as: name, flags: 0)
            try folder.synchronize()
        } catch {
            throw .system("make a template", error)
        }
    }

    private static func document(in place: borrowing OwnedFD) throws(Errno) -> String {
        let file = try place.open(at: documentName, O_RDONLY)
        return String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
    }

    private static func write(_ document: String, in place: borrowing OwnedFD) throws(RuntimeError)
    {
        try RuntimeError.wrap("write \(documentName) of a template") { () throws(Errno) in
            try place.open(at: documentName, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
                .writeAll(Array(document.utf8))
        }
    }

    private static func empty(_ place: borrowing OwnedFD) {
        for name in (try? place.names()) ?? [] { try? place.remove(name, directory: false) }
    }

    private static func delete(_ name: FileName, in folder: borrowing OwnedFD) {
        guard let place = try? folder.openBeneath(name, O_RDONLY | O_DIRECTORY) else { return }
        empty(place)
        try? folder.remove(name, directory: true)
    }

    private static func noteUse(of template: Template) {
        guard let status = try? template.state.status(),
            Int64(WallClock.now() / 1_000_000_000) - status.modified.seconds > useGranularity
        else { return }
        try? template.state.setTimes(accessed: .unchanged, modified: .now)
    }
}

// Keeping few.
extension TemplateStore {
    /// A template as `vmrun template list` shows it.
    package struct Entry: Sendable {
        package let name: String
        package let key: TemplateKey.Record
        /// What its files take on disk, in bytes.
        package let diskSize: UInt64
        package let lastUse: FileTime
    }

    /// All templates, those that were used last first. What cannot be read is left out.
    package borrowing func entries() -> [Entry] {
        names("").compactMap { try? Self.entry($0, in: folder) }.sorted {
            ($0.lastUse.seconds, $0.lastUse.nanoseconds) > (
                $1.lastUse.seconds, $1.lastUse.nanoseconds
            )
        }
    }

    /// The names in the folder that are a template's and this suffix.
    private borrowing func names(_ suffix: String) -> [FileName] {
        let all = (try? folder.names()) ?? []
        return all.filter { name in
            let text = String(decoding: name.bytes, as: UTF8.self)
            return text.hasSuffix(suffix) && TemplateKey.isName(text.dropLast(suffix.count))
        }
    }

    private static func entry(
        _ name: FileName, in folder: borrowing OwnedFD
    ) throws(Errno) -> Entry? {
        let text = String(decoding: name.bytes, as: UTF8.self)
        let place = try folder.openBeneath(name, O_RDONLY | O_DIRECTORY)
        guard let record = TemplateKey.Record(document: try document(in: place)) else {
            return nil
        }
        let template = try Template(text, in: place)
        let state = try template.state.status()
        let blocks = try template.memory.status().blocks + state.blocks
        return Entry(name: text, key: record, diskSize: blocks * 512, lastUse: state.modified)
    }

    /// Removes the templates for which `isCurrent` is false, those that cannot be read (the host may have crashed before
    /// all of them was on its disk), and what makers have left that were killed; answers the names of the first two.
    package borrowing func prune(_ isCurrent: (Entry) -> Bool) -> [String] {
        removeAbandoned()
        var stale: [String] = []
        for name in names("") {
            if let entry = try? Self.entry(name, in: folder), isCurrent(entry) { continue }
            stale.append(String(decoding: name.bytes, as: UTF8.self))
        }
        stale.forEach { discard($0) }
        return stale
    }

    private borrowing func makeRoom(for key: TemplateKey) {
        removeAbandoned()
        entries().filter { key.replaces($0.key) }.forEach { discard($0.name) }
        entries().dropFirst(Self.capacity - 1).forEach { discard($0.name) }
    }

    /// Folders in the making that nobody has locked.
    private borrowing func removeAbandoned() {
        for name in names(Self.stagingSuffix) {
            // One that has been published meanwhile has another name now, and this one may be another's.
            guard let place = try? folder.openBeneath(name, O_RDONLY | O_DIRECTORY),
                (try? place.tryLock()) == true,
                let inode = try? place.status().inode,
                (try? folder.status(of: name).inode) == inode
            else { continue }
            Self.delete(name, in: folder)
        }
    }
}
