internal import Linux
internal import Virtio

/// Whether a card has a link (virtio 1.2, 5.1.4.1 and 5.1.6.5.4), and the driver's interrupt when that changes. Any thread may use it.
internal final class LinkStatus: Sendable {
    private struct State {
        var isUp = true
        /// Of a driver that wants to know.
        var interrupt: DeviceInterrupt?
    }

    private let state = Lock(State())

    /// The field `status`.
    var field: UInt16 { state.withLock { $0.isUp ? 1 : 0 } }

    /// Tells this driver from now on; nil: none.
    func tell(_ interrupt: DeviceInterrupt?) {
        state.withLock { $0.interrupt = interrupt }
    }

    func set(up: Bool) {
        state.withLock { state in
            guard state.isUp != up else { return }
            state.isUp = up
            state.interrupt?.signalConfigurationChange()
        }
    }
}
