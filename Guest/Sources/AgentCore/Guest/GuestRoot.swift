internal import Glibc
internal import Linux
internal import Protocols

/// The root file system of the agent: a tmpfs with what the kernel has to offer mounted in it.
///
/// The initramfs, where the kernel starts its init, cannot be left with pivot_root(2), and containers are
/// to leave the agent's root that way. So the agent moves into a tmpfs that lies on it.
enum GuestRoot {
    /// Folders of the host that stand in for devices, in tests: from (host) to (guest).
    struct Binding {
        let source: String
        let destination: String
    }

    private static let new = "/vmrun-root"

    /// Builds the root and enters it. In a virtual machine (and not in a namespace of a host, where tests
    /// run) /proc and /dev are mounted already, since before Swift's runtime started.
    static func enter(isMachine: Bool, bindings: [Binding]) throws(Failure) {
        var program = Program()
        let new = isMachine ? Self.new : "/mnt"
        if isMachine { program.makeFolder(new) }
        program.mountNew("tmpfs", at: new, flags: 0, data: "mode=755")
        for folder in ["/proc", "/sys", "/dev", "/run", "/run/vmrun", Place.containerRoot] {
            program.makeFolder(new + folder)
        }
        let shielded = MountFlags.noSetID | MountFlags.noDevices | MountFlags.noExecution
        if isMachine {
            for name in ["/proc", "/dev"] { program.move(name, to: new + name) }
        } else {
            program.mountNew("proc", at: new + "/proc", flags: shielded)
            program.mountNew("devtmpfs", at: new + "/dev", flags: MountFlags.noExecution)
        }
        program.mountNew("sysfs", at: new + "/sys", flags: shielded)
        program.mountNew("cgroup2", at: new + Place.cgroups, flags: shielded)
        for binding in bindings {
            program.makeFolder(new + binding.destination)
            program.bind(binding.source, at: new + binding.destination)
        }
        program.add(.chdir, .text(new), doing: .step("enter the root"))
        program.move(".", to: "/")
        program.add(.chroot, .text("."), doing: .step("enter the root"))
        program.add(.chdir, .text("/"), doing: .step("enter the root"))
        try program.run()
    }

    /// Mounts the share of the host. A template has it mounted, and empty: the folders are those of its copies.
    static func mountShare() throws(Failure) {
        var program = Program()
        program.makeFolder(Place.share)
        program.mountNew("virtiofs", at: Place.share, flags: 0, source: "vmrun")
        try program.run()
    }
}

extension Program {
    fileprivate mutating func makeFolder(_ path: String) {
        add(
            .mkdir, .text(path), .number(0o755), tolerating: [EEXIST],
            doing: .path("make folder", path))
    }

    fileprivate mutating func mountNew(
        _ type: String, at path: String, flags: UInt64, source: String? = nil, data: String = ""
    ) {
        add(
            .mount, .text(source ?? type), .text(path), .text(type), .number(flags), .text(data),
            doing: .path("mount", path))
    }

    fileprivate mutating func bind(_ source: String, at path: String) {
        add(
            .mount, .text(source), .text(path), .number(0),
            .number(MountFlags.bind | MountFlags.recursive), doing: .path("bind", path))
    }

    fileprivate mutating func move(_ source: String, to path: String) {
        add(
            .mount, .text(source), .text(path), .number(0), .number(MountFlags.move),
            doing: .path("move mount", source))
    }
}
