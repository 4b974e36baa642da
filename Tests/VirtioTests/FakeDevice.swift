import Synchronization
import Virtio

/// A device that does nothing but have properties.
final class FakeDevice: VirtioDevice {
    let type: UInt32
    let features: UInt64
    let queueSizes: [UInt16]
    private let bytes: Mutex<[UInt8]>
    var configuration: [UInt8] { bytes.withLock { $0 } }

    init(
        type: UInt32 = 42, features: UInt64 = Feature.common, queueSizes: [UInt16] = [256, 8],
        configuration: [UInt8] = []
    ) {
        self.type = type
        self.features = features
        self.queueSizes = queueSizes
        bytes = Mutex(configuration)
    }

    func change(_ configuration: [UInt8]) { bytes.withLock { $0 = configuration } }

    func activate(_ activation: Activation) {}
    func progress() -> [QueueProgress] { [] }
    func reset() {}
}
