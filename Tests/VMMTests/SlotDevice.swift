import GuestMemory
import Synchronization
import Virtio

/// A device that keeps what it is activated with.
final class SlotDevice: VirtioDevice {
    let type: UInt32 = 42
    let features = Feature.common
    let queueSizes: [UInt16]
    let configuration: [UInt8] = []
    let settings: [UInt8] = [7, 8]
    let restoredSettings = Mutex<[UInt8]>([])
    let activations = Mutex<[[QueueProgress]]>([])
    private let memory: GuestMemory

    init(queues: Int = 2) throws {
        queueSizes = [UInt16](repeating: 8, count: queues)
        memory = try GuestMemory(size: 4096)
    }

    func activate(_ activation: Activation) {
        let queues = activation.makeQueues(memory)
        activations.withLock { $0.append(queues.map(\.progress)) }
        restoredSettings.withLock { $0 = activation.settings }
    }

    func progress() -> [QueueProgress] {
        queueSizes.indices.map { index in
            var progress = QueueProgress()
            progress.nextAvailable = UInt16(index) + 5
            return progress
        }
    }

    func reset() {}
}
