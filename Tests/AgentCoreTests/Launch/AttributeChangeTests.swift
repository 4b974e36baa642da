import Testing

@testable import AgentCore

/// mount_setattr(2).
@Suite("Attributes of mounts")
struct AttributeChangeTests {
    @Test(
        "a flag of mount(2) is the attribute of the same meaning",
        arguments: [
            (MountFlags.readonly, 0x1), (MountFlags.noSetID, 0x2), (MountFlags.noDevices, 0x4),
            (MountFlags.noExecution, 0x8), (MountFlags.noDirectoryAccessTime, 0x80),
            (MountFlags.noSymbolicLinks, 0x20_0000),
        ] as [(UInt64, UInt64)])
    func flag(flag: UInt64, attribute: UInt64) {
        #expect(AttributeChange(flags: flag, cleared: 0) == .init(set: attribute, cleared: 0))
        #expect(AttributeChange(flags: 0, cleared: flag) == .init(set: 0, cleared: attribute))
    }

    /// The three kinds of access time are values of one field, which is cleared to be set.
    @Test(
        "a kind of access time takes the place of the one before",
        arguments: [
            (MountFlags.relativeAccessTime, 0), (MountFlags.noAccessTime, 0x10),
            (MountFlags.strictAccessTime, 0x20),
        ] as [(UInt64, UInt64)])
    func accessTime(flag: UInt64, value: UInt64) {
        #expect(AttributeChange(flags: flag, cleared: 0) == .init(set: value, cleared: 0x70))
    }

    @Test("to take noatime away is to go back to relatime")
    func clearedAccessTime() {
        let change = AttributeChange(flags: 0, cleared: MountFlags.noAccessTime)

        #expect(change == .init(set: 0, cleared: 0x70))
    }

    @Test("what is set is not cleared")
    func both() {
        let both = MountFlags.readonly | MountFlags.noDevices

        let change = AttributeChange(flags: MountFlags.readonly, cleared: both)

        #expect(change == .init(set: 0x1, cleared: 0x4))
    }

    @Test("flags of other meaning are left out")
    func others() {
        let flags = MountFlags.bind | MountFlags.recursive | MountFlags.remount

        #expect(AttributeChange(flags: flags, cleared: flags) == .init(set: 0, cleared: 0))
    }
}
