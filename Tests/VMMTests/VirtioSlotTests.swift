import Linux
import Synchronization
import Testing
import Virtio

@testable import VMM

@Suite("A place on the bus")
struct VirtioSlotTests {
    private func slot(_ device: SlotDevice) throws -> VirtioSlot {
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
        let first = try slot(SlotDevice())
        bringUp(first)
        let saved = first.save()
        let device = try SlotDevice()
        let second = try slot(device)

        #expect(second.restore(saved))
        #expect(device.activations.withLock { $0 } == [saved.progress])
        #expect(saved.progress.map(\.nextAvailable) == [5, 6])
        #expect(device.restoredSettings.withLock { $0 } == [7, 8])
        #expect(second.read(0x70, size: 4) == 15)
        #expect(second.save() == saved)
    }

    @Test("a device that was not in use is not activated")
    func unused() throws {
        let saved = try slot(SlotDevice()).save()
        let device = try SlotDevice()

        #expect(try slot(device).restore(saved))
        #expect(device.activations.withLock { $0.isEmpty })
    }

    @Test("a device of another type is refused, and not activated")
    func other() throws {
        let first = try slot(SlotDevice())
        bringUp(first)
        let device = try SlotDevice(queues: 3)

        #expect(try !slot(device).restore(first.save()))
        #expect(device.activations.withLock { $0.isEmpty })
    }
}
