import Glibc
import GuestMemory
import KVM
import Linux
import Testing
import Virtio

@testable import VMM

private let probe = KVMProbe.run()

/// Which machines may go on from a snapshot. That they do, the tests of the module KVM and those with containers show.
@Suite(
    "A snapshot of a machine",
    .enabled(if: probe == .hardware || probe == .software, "no machine runs here"), .serialized)
struct MachineSnapshotTests {
    private func machine(devices: Int = 2, processors: UInt32 = 2) throws -> Machine {
        let plan = Machine.Plan(
            memorySize: 2 << 20, processorCount: processors, softwareKVM: probe == .software,
            kernelParameters: "", becomesTemplate: false)
        let machine = try Machine(
            plan, memory: GuestMemory(size: plan.memorySize),
            kvm: OwnedFD.open(KVMProbe.device, O_RDWR), mailbox: LoopMailbox(), onLine: { _ in })
        for _ in 0..<devices {
            let device = try SlotDevice()
            try machine.add(device, bells: device.queueSizes.map { _ in try Bell() })
        }
        return machine
    }

    /// Of a machine whose processors have not begun.
    private func snapshot() throws -> MachineSnapshot {
        let machine = try machine()
        try machine.makeProcessors(machine.hypervisor.supportedCPUID())
        return try machine.save()
    }

    private func refusal(_ machine: Machine, _ snapshot: MachineSnapshot) -> String {
        do {
            try machine.restore(snapshot)
            machine.stop()
            return "started"
        } catch {
            return "\(error)"
        }
    }

    @Test("it has all processors, controllers and devices")
    func contents() throws {
        let snapshot = try snapshot()

        #expect(snapshot.processors.count == 2)
        #expect(snapshot.processors.allSatisfy { !$0.general.isEmpty && !$0.localAPIC.isEmpty })
        #expect(snapshot.processors.allSatisfy { $0.modelSpecific.count > 10 })
        #expect(snapshot.processors[0] != snapshot.processors[1])
        #expect(snapshot.machine.interruptControllers.count == 3)
        #expect(snapshot.slots.map { $0.progress.count } == [2, 2])
        #expect(!snapshot.processorIdentity.isEmpty)
    }

    @Test("it goes through the state file unchanged")
    func file() throws {
        var state = TemplateState()
        state.snapshot = try snapshot()

        #expect(try TemplateFile.decode(TemplateFile.encode(state)) == state)
    }

    @Test("a machine of the same kind goes on from it")
    func same() throws {
        #expect(try refusal(machine(), snapshot()) == "started")
    }

    @Test("a host whose processor can something else refuses it")
    func otherProcessor() throws {
        var snapshot = try snapshot()
        snapshot.processorIdentity[5] ^= 1

        #expect(try refusal(machine(), snapshot) == "it was made on another processor")
    }

    @Test("a machine with more or fewer processors refuses it", arguments: [1, 3] as [UInt32])
    func otherCount(processors: UInt32) throws {
        #expect(
            try refusal(machine(processors: processors), snapshot())
                == "it was made with another number of processors")
    }

    @Test("a machine with more or fewer devices refuses it", arguments: [1, 3])
    func otherDevices(devices: Int) throws {
        #expect(
            try refusal(machine(devices: devices), snapshot()) == "it was made with other devices")
    }

    @Test("a device with other queues refuses it")
    func otherQueues() throws {
        var snapshot = try snapshot()
        snapshot.slots[1].registers.queues.append(QueueConfiguration())

        #expect(try refusal(machine(), snapshot) == "it was made with other devices")
    }
}
