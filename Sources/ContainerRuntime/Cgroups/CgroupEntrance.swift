internal import Glibc
internal import Linux

/// An open `cgroup.procs`: what writes itself there is in that control group.
final class CgroupEntrance {
    private let descriptor: OwnedFD

    init(_ folder: CgroupFolder) throws(Errno) {
        descriptor = try OwnedFD.open(folder.path + "/cgroup.procs", O_WRONLY)
    }

    /// Borrowed, for `Child.Placement`.
    var number: Int32 { descriptor.rawValue }
}
