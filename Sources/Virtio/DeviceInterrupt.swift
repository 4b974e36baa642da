internal import Synchronization

/// A device's interrupt: the status register of its transport, and the line. Any thread may raise it.
package final class DeviceInterrupt: Sendable {
    /// InterruptStatus bits (virtio 1.2, 4.2.2).
    private static let usedBuffer: UInt32 = 1
    private static let configurationChange: UInt32 = 2

    private let pending = Atomic<UInt32>(0)
    private let changes = Atomic<UInt32>(0)
    private let raise: @Sendable () -> Void

    /// `raise` makes an edge on the device's interrupt line.
    package init(raise: @escaping @Sendable () -> Void) {
        self.raise = raise
    }

    /// The device has given buffers back.
    package func signalUsedBuffer() {
        signal(Self.usedBuffer)
    }

    /// The device has changed its configuration space.
    package func signalConfigurationChange() {
        changes.wrappingAdd(1, ordering: .sequentiallyConsistent)
        signal(Self.configurationChange)
    }

    /// ConfigGeneration: how often the configuration space has changed. Wraps.
    internal var configurationGeneration: UInt32 {
        changes.load(ordering: .sequentiallyConsistent)
    }

    private func signal(_ bit: UInt32) {
        pending.bitwiseOr(bit, ordering: .sequentiallyConsistent)
        raise()
    }

    /// InterruptStatus.
    internal var status: UInt32 { pending.load(ordering: .sequentiallyConsistent) }

    /// Brings a saved InterruptStatus back, and the edge with it, which may have been lost on the way.
    internal func restore(_ bits: UInt32) {
        if bits != 0 { signal(bits) }
    }

    /// InterruptACK.
    internal func acknowledge(_ bits: UInt32) {
        pending.bitwiseAnd(~bits, ordering: .sequentiallyConsistent)
    }
}
