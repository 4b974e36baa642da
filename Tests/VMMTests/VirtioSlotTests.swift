import GuestMemory
import Linux
import Synchronization
import Testing
import Virtio

@testable import VMM

@Suite("A place on the bus")
struct VirtioSlotTests {
    /// A device that keeps what it is activated with.
    private final class Device: VirtioDevice {
        let type: UInt32 = 42
        let features = Feature.common
        let queueSizes: [UInt16]
        let configuration: [UInt8] = []
        let activations = Mutex<[[QueueProgress]]>([])
        private let memory: GuestMemory

        init(queues: Int = 2) throws {
            queueSizes = [UInt16](repeating: 8, count: queues)
            memory = try GuestMemory(size: 4096)
        }

        func activate(_ activation: Activation) {
            let queues = activation.makeQueues(memory)
            activations.withLock { $0.append(queues.map(\.progress)) }
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

    private func slot(_ device: Device) throws -> VirtioSlot {
        try VirtioSlot(device, index: 0, bells: device.queueSizes.map { _ in try Bell() })
    }

    /// Steps of 3.1.1 of virtio 1.2, up to DRIVER_OK.
    private func bringUp(_ slot: VirtioSlot) {
        let (status, driverFeatures, select): (UInt64, UInt64, UInt64) = (0x70, 0x20, 0x24)
        slot.write(status, size: 4, value: 1)
        slot.write(status, size: 4, value: 3)
        slot.write(select, size: 4, value: 1)
        slot.write(driverFeatures, size: 4, value: 1)
        slot.write(status, size: 4, value: 11)
        slot.write(status, size: 4, value: 15)
    }

    @Test("a device goes on where another was saved")
    func restore() throws {
        let first = try slot(Device())
        bringUp(first)
        let saved = first.save()
        let device = try Device()
        let second = try slot(device)

        #expect(second.restore(saved))
        #expect(device.activations.withLock { $0 } == [saved.progress])
        #expect(saved.progress.map(\.nextAvailable) == [5, 6])
        #expect(second.read(0x70, size: 4) == 15)
        #expect(second.save() == saved)
    }

    @Test("a device that was not in use is not activated")
    func unused() throws {
        let saved = try slot(Device()).save()
        let device = try Device()

        #expect(try slot(device).restore(saved))
        #expect(device.activations.withLock { $0.isEmpty })
    }

    @Test("a device of another type is refused, and not activated")
    func other() throws {
        let first = try slot(Device())
        bringUp(first)
        let device = try Device(queues: 3)

        #expect(try !slot(device).restore(first.save()))
        #expect(device.activations.withLock { $0.isEmpty })
    }
}
