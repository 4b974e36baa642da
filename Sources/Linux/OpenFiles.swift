internal import Glibc
internal import Synchronization

/// This process's descriptors as files (/proc/self/fd): through them a file is opened again in another way.
///
/// Any thread may ask.
package enum OpenFiles {
    /// Of the folder, where the process has lost sight of /proc; -1: it has not. It is never closed.
    private static let kept = Atomic<Int32>(-1)

    /// From now on the folder is this one (O_PATH).
    static func keep(_ folder: consuming OwnedFD) {
        kept.store(folder.release(), ordering: .relaxed)
    }

    /// The folder (O_PATH); each descriptor has its number as its name there.
    package static func folder() throws(Errno) -> OwnedFD {
        let number = kept.load(ordering: .relaxed)
        guard number < 0 else { return try OwnedFD.duplicating(number) }
        return try OwnedFD.openPath("/proc/self/fd", O_DIRECTORY)
    }

    /// Opens the file of a descriptor of this process again.
    static func reopen(_ number: Int32, _ flags: Int32) throws(Errno) -> OwnedFD {
        try folder().open(at: String(number), flags)
    }
}
