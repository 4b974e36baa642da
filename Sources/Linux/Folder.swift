internal import CLinux
internal import Glibc

/// What a program needs of its own folders, beside the calls on files: names as text, and locks.
extension OwnedFD {
    /// Takes the exclusive lock of flock(2); false where another open file has it.
    package borrowing func tryLock() throws(Errno) -> Bool {
        if flock(rawValue, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw Errno(rawValue: errno) }
        return false
    }

    /// Takes the exclusive lock, waiting for it.
    package borrowing func lock() throws(Errno) {
        let number = rawValue
        try Errno.retrying { flock(number, LOCK_EX) < 0 ? -errno : 0 }
    }

    package borrowing func unlock() {
        _ = flock(rawValue, LOCK_UN)
    }

    /// Makes the folder and those above it that are missing.
    package static func makeDirectories(_ path: String, mode: UInt32) throws(Errno) {
        var made = path.hasPrefix("/") ? "/" : "./"
        for part in path.split(separator: "/") {
            made += part + "/"
            try makeDirectory(made, mode: mode)
        }
    }

    /// mkdir(2); one that is there already is good.
    package static func makeDirectory(_ path: String, mode: UInt32) throws(Errno) {
        if unsafe mkdir(path, mode) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
    }

    /// rmdir(2).
    package static func removeDirectory(_ path: String) throws(Errno) {
        if unsafe rmdir(path) != 0 { throw Errno(rawValue: errno) }
    }

    /// The names in a folder that was opened for reading, without `.` and `..`.
    package borrowing func names() throws(Errno) -> [FileName] {
        _ = try seek(to: 0, whence: SEEK_SET)
        var names: [FileName] = []
        while true {
            let records = try directoryRecords(upTo: 32768)
            if records.isEmpty { return names }
            // getdents64(2): inode and offset of 8 bytes each, the record's length in 2, a type in 1, a name.
            var start = 0
            while start + 19 <= records.count {
                let length = Int(records[start + 16]) | Int(records[start + 17]) << 8
                guard length >= 19, start + length <= records.count else { throw .io }
                let name = records[(start + 19)..<(start + length)].prefix { $0 != 0 }
                // "." and ".." are no components.
                if let name = try? FileName(component: name) { names.append(name) }
                start += length
            }
        }
    }

    /// Names a file without opening it (O_PATH): enough for calls on its folder, and to be handed on.
    package static func openPath(_ path: String, _ flags: Int32 = 0) throws(Errno) -> OwnedFD {
        // O_PATH of asm-generic/fcntl.h.
        try OwnedFD.open(path, flags | 0o10_000_000)
    }

    /// An unnamed file in memory (memfd_create(2)); the name shows in /proc only.
    package static func memoryFile(_ name: String) throws(Errno) -> OwnedFD {
        OwnedFD(taking: try Errno.check(unsafe cl_memfd_create(name, 0)))
    }

    /// Where the open file is now, as the kernel names it in /proc/self/fd.
    package borrowing func path() throws(Errno) -> String {
        try Self.target(ofLink: "/proc/self/fd/\(rawValue)")
    }

    /// readlink(2).
    package static func target(ofLink path: String) throws(Errno) -> String {
        let link = try OwnedFD.openPath(path, O_NOFOLLOW)
        return String(decoding: try link.linkTarget(), as: UTF8.self)
    }
}
