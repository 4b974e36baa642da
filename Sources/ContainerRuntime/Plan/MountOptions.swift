/// The options of one mount, sorted into what the kernel takes them as.
///
/// The names are those of config.md, "Linux mount options"; everything else is data of the file system.
struct MountOptions: Equatable {
    var flags: UInt64 = 0
    var clearedFlags: UInt64 = 0
    var propagation: [UInt64] = []
    var recursiveAttributesSet: UInt64 = 0
    var recursiveAttributesCleared: UInt64 = 0
    var copyUp = false
    var data: [String] = []
    /// `idmap` or `ridmap`, as it was written.
    var idMapping: String?

    init(_ options: [String]) {
        for option in options {
            add(option)
        }
    }

    /// Every option that is not data of a file system. A new mount has nothing to remount.
    static var names: [String] {
        let flags = setting.filter { $0.value & MountFlags.remount == 0 }.keys
        let all: Set<String> = ["defaults", copyUpOption, "idmap", "ridmap"]
        return all.union(flags).union(clearing.keys).union(propagations.keys)
            .union(recursive.keys).sorted()
    }

    private static let copyUpOption = "tmpcopyup"

    private mutating func add(_ option: String) {
        if let flag = Self.setting[option] {
            flags |= flag
            clearedFlags &= ~flag
        } else if let flag = Self.clearing[option] {
            flags &= ~flag
            clearedFlags |= flag
        } else if let mode = Self.propagations[option] {
            propagation.append(mode)
        } else if let attribute = Self.recursive[option] {
            // A later attribute takes an earlier one's place: `rro` after `rrw` sets, and clears no more.
            recursiveAttributesSet = recursiveAttributesSet & ~attribute.mask | attribute.added
            recursiveAttributesCleared =
                recursiveAttributesCleared & ~attribute.mask | attribute.cleared
        } else {
            switch option {
            case "defaults", "": break
            case Self.copyUpOption: copyUp = true
            case "idmap", "ridmap": idMapping = option
            default: data.append(option)
            }
        }
    }

    private static let setting: [String: UInt64] = [
        "bind": MountFlags.bind, "rbind": MountFlags.bind | MountFlags.recursive,
        "ro": MountFlags.readonly, "nosuid": MountFlags.noSUID, "nodev": MountFlags.noDevices,
        "noexec": MountFlags.noExecution, "sync": MountFlags.synchronous,
        "dirsync": MountFlags.synchronousDirectories, "remount": MountFlags.remount,
        "mand": MountFlags.mandatoryLocks, "noatime": MountFlags.noAccessTimes,
        "nodiratime": MountFlags.noDirectoryAccessTimes,
        "relatime": MountFlags.relativeAccessTimes,
        "strictatime": MountFlags.strictAccessTimes, "lazytime": MountFlags.lazyTimes,
        "iversion": MountFlags.inodeVersion, "silent": MountFlags.silent,
        "nosymfollow": MountFlags.noSymlinks,
    ]

    private static let clearing: [String: UInt64] = [
        "rw": MountFlags.readonly, "suid": MountFlags.noSUID, "dev": MountFlags.noDevices,
        "exec": MountFlags.noExecution, "async": MountFlags.synchronous,
        "nomand": MountFlags.mandatoryLocks, "atime": MountFlags.noAccessTimes,
        "diratime": MountFlags.noDirectoryAccessTimes,
        "norelatime": MountFlags.relativeAccessTimes,
        "nostrictatime": MountFlags.strictAccessTimes, "nolazytime": MountFlags.lazyTimes,
        "noiversion": MountFlags.inodeVersion, "loud": MountFlags.silent,
        "symfollow": MountFlags.noSymlinks,
    ]

    /// Also the values of linux.rootfsPropagation.
    static let propagations: [String: UInt64] = [
        "shared": MountFlags.shared, "rshared": MountFlags.shared | MountFlags.recursive,
        "slave": MountFlags.slave, "rslave": MountFlags.slave | MountFlags.recursive,
        "private": MountFlags.makePrivate,
        "rprivate": MountFlags.makePrivate | MountFlags.recursive,
        "unbindable": MountFlags.unbindable,
        "runbindable": MountFlags.unbindable | MountFlags.recursive,
    ]

    private struct Attribute {
        var added: UInt64 = 0
        var cleared: UInt64 = 0
        var mask: UInt64 { added | cleared }
    }

    private static let recursive: [String: Attribute] = [
        "rro": Attribute(added: MountAttributes.readonly),
        "rrw": Attribute(cleared: MountAttributes.readonly),
        "rnosuid": Attribute(added: MountAttributes.noSUID),
        "rsuid": Attribute(cleared: MountAttributes.noSUID),
        "rnodev": Attribute(added: MountAttributes.noDevices),
        "rdev": Attribute(cleared: MountAttributes.noDevices),
        "rnoexec": Attribute(added: MountAttributes.noExecution),
        "rexec": Attribute(cleared: MountAttributes.noExecution),
        "rnodiratime": Attribute(added: MountAttributes.noDirectoryAccessTimes),
        "rdiratime": Attribute(cleared: MountAttributes.noDirectoryAccessTimes),
        "rrelatime": Attribute(
            added: MountAttributes.relativeAccessTimes, cleared: MountAttributes.accessTimes),
        "rnorelatime": Attribute(
            added: MountAttributes.strictAccessTimes, cleared: MountAttributes.accessTimes),
        "rnoatime": Attribute(
            added: MountAttributes.noAccessTimes, cleared: MountAttributes.accessTimes),
        "ratime": Attribute(cleared: MountAttributes.accessTimes),
        "rstrictatime": Attribute(
            added: MountAttributes.strictAccessTimes, cleared: MountAttributes.accessTimes),
        "rnostrictatime": Attribute(cleared: MountAttributes.accessTimes),
        "rnosymfollow": Attribute(added: MountAttributes.noSymlinks),
        "rsymfollow": Attribute(cleared: MountAttributes.noSymlinks),
    ]
}
