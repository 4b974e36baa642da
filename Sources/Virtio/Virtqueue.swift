package import GuestMemory
internal import Synchronization

/// Where the driver has put the three parts of a queue, and what it has agreed to.
package struct QueueConfiguration: Equatable, Sendable {
    /// Number of descriptors: a power of two, at most 32768.
    package var size: UInt16 = 0
    package var ready = false
    /// Guest-physical addresses of descriptor table, available ring and used ring.
    package var descriptorTable: UInt64 = 0
    package var driverArea: UInt64 = 0
    package var deviceArea: UInt64 = 0

    package init() {}
}

/// How far the device has come with a queue, beside what stands in the guest's memory.
package struct QueueProgress: Equatable, Sendable {
    /// How far the device has read the available ring and written the used ring. Both wrap.
    package var nextAvailable: UInt16 = 0
    package var nextUsed: UInt16 = 0
    /// The used index at the last question whether to interrupt.
    package var lastAsked: UInt16 = 0

    package init() {}
}

/// A chain that is given back, and how many bytes were written to it from its first one on.
package struct UsedChain: Equatable, Sendable {
    package let head: UInt16
    package let written: UInt32

    package init(head: UInt16, written: UInt32) {
        self.head = head
        self.written = written
    }
}

/// The device's side of a split virtqueue (virtio 1.2, 2.7): data in guest memory and two counters, nothing else.
///
/// It knows no thread, no notification mechanism and no device. Whoever owns it calls it from one thread at a time.
/// The driver may write anything anywhere at any time: each number is read once and checked.
package struct Virtqueue: Sendable {
    private let memory: GuestMemory
    private let configuration: QueueConfiguration
    private let eventIndex: Bool
    private let indirect: Bool
    package private(set) var progress: QueueProgress

    /// A queue that nobody has used yet, or one that was saved.
    package init(
        _ configuration: QueueConfiguration, features: UInt64, memory: GuestMemory,
        progress: QueueProgress = QueueProgress()
    ) {
        self.configuration = configuration
        self.progress = progress
        self.memory = memory
        eventIndex = features & Feature.eventIndex != 0
        indirect = features & Feature.indirectDescriptors != 0
    }

    /// 0 where the driver has not made the queue ready: it is not to be touched then (4.2.2.1).
    private var size: UInt16 { configuration.ready ? configuration.size : 0 }

    private func inMemory<T>(_ body: () throws(GuestMemoryError) -> T) throws(VirtqueueError) -> T {
        do throws(GuestMemoryError) { return try body() } catch { throw .ringOutsideMemory }
    }

    /// How many chains are available now.
    private func availableCount() throws(VirtqueueError) -> UInt16 {
        let index = try inMemory { () throws(GuestMemoryError) in
            try memory.loadAcquiring16(at: configuration.driverArea &+ 2)
        }
        let count = index &- progress.nextAvailable
        guard count <= size else { throw .availableIndexTooFar(index) }
        return count
    }

    /// The next chain that the driver has made available, or nil.
    package mutating func pop() throws(VirtqueueError) -> DescriptorChain? {
        guard try hasAvailable() else { return nil }
        let slot = UInt64(progress.nextAvailable & (size - 1))
        let head = try inMemory { () throws(GuestMemoryError) in
            try memory.loadUInt16(at: configuration.driverArea &+ 4 &+ 2 * slot)
        }
        progress.nextAvailable &+= 1
        return try chain(from: head)
    }

    /// Takes back the last `pop`, whose chain was not used: it will come again.
    package mutating func undoPop() {
        progress.nextAvailable &-= 1
    }

    /// Whether `pop` would give a chain.
    package func hasAvailable() throws(VirtqueueError) -> Bool {
        guard size > 0 else { return false }
        return try availableCount() > 0
    }

    /// Gives a chain back to the driver with the number of bytes that were written to it, from its first one on.
    package mutating func push(head: UInt16, written: UInt32) throws(VirtqueueError) {
        try store(UsedChain(head: head, written: written))
        try publishUsed()
    }

    /// Gives chains back all at once: the driver sees none of them before the last.
    package mutating func push(_ chains: [UsedChain]) throws(VirtqueueError) {
        for chain in chains { try store(chain) }
        try publishUsed()
    }

    private mutating func store(_ chain: UsedChain) throws(VirtqueueError) {
        guard size > 0 else { return }
        let element = configuration.deviceArea &+ 4 &+ 8 * UInt64(progress.nextUsed & (size - 1))
        progress.nextUsed &+= 1
        try inMemory { () throws(GuestMemoryError) in
            try memory.store(UInt32(chain.head), at: element)
            try memory.store(chain.written, at: element &+ 4)
        }
    }

    private func publishUsed() throws(VirtqueueError) {
        guard size > 0 else { return }
        try inMemory { () throws(GuestMemoryError) in
            try memory.storeReleasing16(progress.nextUsed, at: configuration.deviceArea &+ 2)
        }
    }

    /// Whether the driver wants an interrupt for what was pushed since the last call (2.7.7.2 and 2.7.8.2).
    package mutating func needsInterrupt() throws(VirtqueueError) -> Bool {
        let before = progress.lastAsked
        progress.lastAsked = progress.nextUsed
        guard before != progress.nextUsed else { return false }
        // The driver's wish must be read after it can see the used index.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return try inMemory { () throws(GuestMemoryError) in
            guard eventIndex else {
                // VIRTQ_AVAIL_F_NO_INTERRUPT
                return try memory.loadUInt16(at: configuration.driverArea) & 1 == 0
            }
            let wanted = try memory.loadUInt16(
                at: configuration.driverArea &+ 4 &+ 2 * UInt64(size))
            return progress.nextUsed &- wanted &- 1 < progress.nextUsed &- before
        }
    }

    /// Asks the driver to notify at the next available chain, and says whether one came before it could see that:
    /// then nobody will notify, and the caller goes on with `pop` (2.7.10).
    package mutating func enableNotifications() throws(VirtqueueError) -> Bool {
        guard size > 0 else { return false }
        if eventIndex {
            try inMemory { () throws(GuestMemoryError) in
                try memory.store(
                    progress.nextAvailable, at: configuration.deviceArea &+ 4 &+ 8 * UInt64(size))
            }
        }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return try hasAvailable()
    }
}

// Walking a chain.
extension Virtqueue {
    private struct Descriptor {
        let segment: MemoryPiece
        let flags: UInt16
        let next: UInt16

        static let hasNext: UInt16 = 1
        static let deviceWrites: UInt16 = 2
        static let isTable: UInt16 = 4
    }

    /// A table of descriptors: the queue's own, or an indirect one.
    private struct Table {
        let address: UInt64
        let count: UInt16
        let isIndirect: Bool
    }

    private func descriptor(_ index: UInt16, of table: Table) throws(VirtqueueError) -> Descriptor {
        guard index < table.count else { throw .descriptorOutOfRange(index) }
        let address = table.address &+ 16 * UInt64(index)
        return try inMemory { () throws(GuestMemoryError) in
            // One copy: the parts of what is checked and what is used cannot differ.
            let low = try memory.loadUInt64(at: address)
            let high = try memory.loadUInt64(at: address &+ 8)
            return Descriptor(
                segment: MemoryPiece(address: low, count: UInt32(truncatingIfNeeded: high)),
                flags: UInt16(truncatingIfNeeded: high >> 32),
                next: UInt16(truncatingIfNeeded: high >> 48))
        }
    }

    private func indirectTable(_ descriptor: Descriptor) throws(VirtqueueError) -> Table {
        let count = descriptor.segment.count / 16
        guard indirect, descriptor.segment.count % 16 == 0, count > 0, count <= UInt32(size),
            descriptor.flags & Descriptor.hasNext == 0
        else { throw .badIndirectTable }
        return Table(
            address: descriptor.segment.address, count: UInt16(count), isIndirect: true)
    }

    private func chain(from head: UInt16) throws(VirtqueueError) -> DescriptorChain {
        var table = Table(address: configuration.descriptorTable, count: size, isIndirect: false)
        var index = head
        var readable: [MemoryPiece] = []
        var writable: [MemoryPiece] = []
        var total: UInt32 = 0
        // As many steps as a chain may have, and one for the indirect descriptor itself.
        for _ in 0...size {
            let descriptor = try descriptor(index, of: table)
            if descriptor.flags & Descriptor.isTable != 0 {
                guard !table.isIndirect else { throw .badIndirectTable }
                table = try indirectTable(descriptor)
                index = 0
                continue
            }
            let sum = total.addingReportingOverflow(descriptor.segment.count)
            guard !sum.overflow else { throw .tooManyBytes }
            total = sum.partialValue
            if descriptor.flags & Descriptor.deviceWrites != 0 {
                writable.append(descriptor.segment)
            } else {
                guard writable.isEmpty else { throw .readableAfterWritable }
                readable.append(descriptor.segment)
            }
            guard descriptor.flags & Descriptor.hasNext != 0 else {
                guard readable.count + writable.count <= Int(size) else { throw .chainTooLong }
                return DescriptorChain(head: head, readable: readable, writable: writable)
            }
            index = descriptor.next
        }
        throw .chainTooLong
    }
}
