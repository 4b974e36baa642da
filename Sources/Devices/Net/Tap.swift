internal import Linux

/// The host's end of a network device: reads and writes packets with their headers, one at a time, and never waits.
internal final class Tap: Sendable {
    let descriptor: OwnedFD

    init(_ descriptor: consuming OwnedFD) throws(Errno) {
        try descriptor.setNonBlocking(true)
        self.descriptor = descriptor
    }

    /// What packets for this driver may be.
    func prepare(features: UInt64) {
        // A packet socket in place of a tap has no such setting.
        try? descriptor.setTapOffloads(NetworkFeature.offloads(features))
    }
}
