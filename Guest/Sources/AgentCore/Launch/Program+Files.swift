internal import Glibc

// Files of a container's root: every path is resolved by the kernel beneath the root (RESOLVE_IN_ROOT), so
// that no symbolic link of the image leads out, and used by descriptor from then on. Descriptors are not
// closed one by one: all of them are close-on-exec, and close_range ends them before the container's own
// words (working directory, program) are looked at.
extension Program {
    /// What a mount point or device is to be when it has to be made.
    enum Kind {
        case folder
        case file
    }

    /// Opens a path below a root; without flags for a path only (O_PATH).
    @discardableResult
    mutating func open(
        _ path: [String], in root: Register, flags: UInt64 = OpenFlags.path, to result: Register,
        tolerating errors: [Int32] = [], _ action: Action
    ) -> Int {
        let how = memory.values([
            flags | OpenFlags.closeOnExec, 0, OpenFlags.resolveInRoot,
        ])
        return add(
            .openat2, .register(root), .text(path.isEmpty ? "." : path.joined(separator: "/")),
            .number(how), .number(24), result: result, tolerating: errors, doing: action)
    }

    /// Opens a path below a root, and makes it and the folders on the way where they are missing, also where a link leads to
    /// what is missing (place.c): engines mount on such links of images.
    mutating func makePlace(
        _ path: [String], as kind: Kind, in root: Register, to result: Register, _ action: Action
    ) {
        add(
            .makePath, .register(root), .text(path.joined(separator: "/")),
            .number(kind == .folder ? 1 : 0), result: result, doing: action)
    }

    /// Opens a path below a root, and makes it and the folders on the way where they are missing; not those that a link
    /// leads to.
    mutating func makeOpen(
        _ path: [String], as kind: Kind, in root: Register, to result: Register, _ action: Action
    ) {
        let exists = open(path, in: root, to: result, tolerating: [ENOENT], action)
        makeParents(of: path, in: root, to: result, action)
        let name = path.last ?? "."
        switch kind {
        case .folder:
            add(
                .mkdirat, .register(result), .text(name), .number(0o755), tolerating: [EEXIST],
                doing: action)
        case .file:
            // Not opened: while a file is open for writing, its mount cannot be made read-only.
            add(
                .mknodat, .register(result), .text(name), .number(UInt64(S_IFREG | 0o644)),
                .number(0), tolerating: [EEXIST], doing: action)
        }
        open(path, in: root, to: result, action)
        onSuccess(of: [exists])
    }

    /// Makes the folders that lead to a path, and opens the last of them.
    mutating func makeParents(
        of path: [String], in root: Register, to result: Register, _ action: Action
    ) {
        open([], in: root, to: result, action)
        for count in 1..<max(path.count, 1) {
            let prefix = Array(path[..<count])
            let parent = result
            add(
                .mkdirat, .register(parent), .text(prefix[count - 1]), .number(0o755),
                tolerating: [EEXIST, EROFS, EACCES, EPERM], doing: action)
            open(
                prefix, in: root, flags: OpenFlags.path | OpenFlags.directory, to: result, action)
        }
    }

    /// Writes a text into a file of the agent's own world.
    mutating func write(_ text: String, to path: String, scratch: Register, _ action: Action) {
        add(
            .openat, .number(OpenFlags.workingDirectory), .text(path),
            .number(OpenFlags.writeOnly | OpenFlags.closeOnExec), .number(0), result: scratch,
            doing: action)
        let bytes = Array(text.utf8)
        add(.write, .register(scratch), .bytes(bytes), .number(UInt64(bytes.count)), doing: action)
    }
}
