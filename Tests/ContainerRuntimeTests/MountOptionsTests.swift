import Testing

@testable import ContainerRuntime

@Suite struct MountOptionsTests {
    typealias Sorted = (options: [String], set: UInt64, cleared: UInt64, data: String)
    typealias Recursive = (options: [String], set: UInt64, cleared: UInt64)

    static let sorted: [Sorted] = [
        // MS_BIND; MS_BIND and MS_REC (linux/mount.h).
        (["bind"], 4096, 0, ""),
        (["rbind", "ro"], 4096 | 16384 | 1, 0, ""),
        (["nosuid", "noexec", "nodev"], 2 | 8 | 4, 0, ""),
        (["nosuid", "suid"], 0, 2, ""),
        (["suid", "nosuid"], 2, 0, ""),
        (["rw", "size=1m", "mode=755"], 0, 1, "size=1m,mode=755"),
        (["defaults", "", "relatime"], 1 << 21, 0, ""),
        (["nosymfollow"], 256, 0, ""),
    ]

    @Test(arguments: sorted) func sortsFlagsFromData(row: Sorted) {
        let sorted = MountOptions(row.options)
        #expect(sorted.flags == row.set)
        #expect(sorted.clearedFlags == row.cleared)
        #expect(sorted.data.joined(separator: ",") == row.data)
    }

    static let recursive: [Recursive] = [
        (["rro"], 1, 0),
        (["rro", "rrw"], 0, 1),
        (["rnoexec", "rnosuid"], 8 | 2, 0),
        // MOUNT_ATTR_NOATIME with the mask MOUNT_ATTR__ATIME.
        (["rnoatime"], 0x10, 0x70),
        (["rnoatime", "rstrictatime"], 0x20, 0x70),
        (["rrelatime", "rnodev"], 4, 0x70),
    ]

    @Test(arguments: recursive) func collectsRecursiveAttributes(row: Recursive) {
        let sorted = MountOptions(row.options)
        #expect(sorted.recursiveAttributesSet == row.set)
        #expect(sorted.recursiveAttributesCleared == row.cleared)
    }

    @Test func keepsTheOrderOfPropagation() {
        let sorted = MountOptions(["rslave", "shared", "tmpcopyup"])
        #expect(sorted.propagation == [1 << 19 | 16384, 1 << 20])
        #expect(sorted.copyUp)
    }
}
