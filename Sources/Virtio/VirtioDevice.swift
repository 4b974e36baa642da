package import GuestMemory

/// A device behind a transport.
///
/// The transport's thread (a virtual processor's) calls all of it; what the device does in threads of its own is its
/// business. No call may wait for the guest.
package protocol VirtioDevice: AnyObject, Sendable {
    /// virtio 1.2, 5: 1 network card, 4 entropy source, 19 socket, 26 file system, ...
    var type: UInt32 { get }
    /// The feature bits that the device offers.
    var features: UInt64 { get }
    /// The largest size of each queue; powers of two.
    var queueSizes: [UInt16] { get }
    /// The device's configuration space, little-endian. A device that changes it says so with its interrupt; any thread may
    /// ask.
    var configuration: [UInt8] { get }

    /// The driver is ready (DRIVER_OK): the device may use the queues from now on.
    func activate(_ activation: Activation)
    /// What the driver has set with commands, beside features and queues, for an activation to bring back; empty where it
    /// has set nothing.
    var settings: [UInt8] { get }
    /// How far each queue has been served; to be asked only while no processor runs and no request is under way.
    func progress() -> [QueueProgress]
    /// The driver wants the device as it was at power-on. When this returns the device does not touch the guest's
    /// memory any more.
    func reset()
}

extension VirtioDevice {
    package var settings: [UInt8] { [] }
}

/// What the driver has set up.
package struct Activation: Sendable {
    /// Those that both sides have.
    package let features: UInt64
    package let queues: [QueueConfiguration]
    package let interrupt: DeviceInterrupt
    /// Of a device that was saved, one per queue; else empty.
    private let progress: [QueueProgress]
    /// Of a device that was saved (`VirtioDevice.settings`); else empty.
    package let settings: [UInt8]

    package init(
        features: UInt64, queues: [QueueConfiguration], interrupt: DeviceInterrupt,
        progress: [QueueProgress] = [], settings: [UInt8] = []
    ) {
        self.features = features
        self.queues = queues
        self.interrupt = interrupt
        self.progress = progress
        self.settings = settings
    }

    /// The device's side of all queues.
    package func makeQueues(_ memory: GuestMemory) -> [Virtqueue] {
        queues.enumerated().map { index, configuration in
            Virtqueue(
                configuration, features: features, memory: memory,
                progress: index < progress.count ? progress[index] : QueueProgress())
        }
    }
}
