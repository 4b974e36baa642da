/// Feature bits that do not belong to one type of device (virtio 1.2, 6).
package enum Feature {
    package static let indirectDescriptors: UInt64 = 1 << 28
    package static let eventIndex: UInt64 = 1 << 29
    /// No legacy interface.
    package static let version1: UInt64 = 1 << 32

    /// What every device of ours offers.
    package static let common = indirectDescriptors | eventIndex | version1
}
