package import GuestMemory
internal import Synchronization
package import Virtio

/// One entry of a descriptor table (virtio 1.2, 2.7.5), with whatever a driver may write there.
package struct DriverDescriptor: Equatable, Sendable {
    /// VIRTQ_DESC_F_*.
    package static let hasNext: UInt16 = 1
    package static let deviceWrites: UInt16 = 2
    package static let isTable: UInt16 = 4

    package var address: UInt64
    package var count: UInt32
    package var flags: UInt16
    package var next: UInt16

    package init(_ address: UInt64, _ count: UInt32, flags: UInt16 = 0, next: UInt16 = 0) {
        self.address = address
        self.count = count
        self.flags = flags
        self.next = next
    }
}

/// The driver's side of a split virtqueue (virtio 1.2, 2.7): writes rings as a guest would, the wrong ones too.
package struct DriverQueue {
    package let memory: GuestMemory
    package let size: UInt16
    /// Guest-physical addresses of the three parts.
    package let table: UInt64
    package let available: UInt64
    package let used: UInt64
    /// How many chains were made available and taken back. Both wrap.
    package private(set) var availableIndex: UInt16 = 0
    package private(set) var takenIndex: UInt16 = 0
    private var free: [UInt16]

    /// An empty queue of `size` descriptors in memory of its own.
    package init(_ ram: inout DriverMemory, size: UInt16) {
        memory = ram.memory
        self.size = size
        table = ram.allocate(16 * Int(size))
        available = ram.allocate(6 + 2 * Int(size), alignment: 2)
        used = ram.allocate(6 + 8 * Int(size), alignment: 4)
        free = Array((0..<size).reversed())
    }

    /// What the driver tells the device about the queue.
    package var configuration: QueueConfiguration {
        var configuration = QueueConfiguration()
        configuration.size = size
        configuration.ready = true
        configuration.descriptorTable = table
        configuration.driverArea = available
        configuration.deviceArea = used
        return configuration
    }

    /// Descriptors that are in no chain.
    package var freeCount: Int { free.count }
}

// Rings and tables as they are, for tests that break them.
extension DriverQueue {
    package func write(
        _ descriptor: DriverDescriptor, to index: UInt16, of table: UInt64? = nil
    ) throws(GuestMemoryError) {
        let place = (table ?? self.table) + 16 * UInt64(index)
        try memory.store(descriptor.address, at: place)
        try memory.store(descriptor.count, at: place + 8)
        try memory.store(descriptor.flags, at: place + 12)
        try memory.store(descriptor.next, at: place + 14)
    }

    /// Makes a chain available by its head, whatever its descriptors are.
    package mutating func publish(_ head: UInt16) throws(GuestMemoryError) {
        try memory.store(head, at: available + 4 + 2 * UInt64(availableIndex % size))
        try setAvailableIndex(availableIndex &+ 1)
    }

    /// Sets the index of the available ring.
    package mutating func setAvailableIndex(_ index: UInt16) throws(GuestMemoryError) {
        availableIndex = index
        try memory.storeReleasing16(index, at: available + 2)
    }

    /// VIRTQ_AVAIL_F_NO_INTERRUPT, which counts without EVENT_IDX only.
    package func setNoInterrupt(_ on: Bool) throws(GuestMemoryError) {
        try memory.store(UInt16(on ? 1 : 0), at: available)
    }

    /// used_event: the driver wants an interrupt when the used index passes this.
    package func setUsedEvent(_ index: UInt16) throws(GuestMemoryError) {
        try memory.store(index, at: available + 4 + 2 * UInt64(size))
    }

    /// avail_event: the device wants a notification when the available index passes this.
    package func availableEvent() throws(GuestMemoryError) -> UInt16 {
        try memory.loadUInt16(at: used + 4 + 8 * UInt64(size))
    }

    package func usedIndex() throws(GuestMemoryError) -> UInt16 {
        try memory.loadAcquiring16(at: used + 2)
    }

    package func usedElement(
        _ slot: UInt16
    ) throws(GuestMemoryError) -> (head: UInt32, written: UInt32) {
        let place = used + 4 + 8 * UInt64(slot)
        return (try memory.loadUInt32(at: place), try memory.loadUInt32(at: place + 4))
    }
}

// As a driver should.
extension DriverQueue {
    /// Makes a chain of these buffers available; nil where there are too few free descriptors.
    @discardableResult
    package mutating func add(
        readable: [MemoryPiece] = [], writable: [MemoryPiece] = []
    ) throws(GuestMemoryError) -> UInt16? {
        let all = descriptors(readable, writable)
        guard !all.isEmpty, all.count <= free.count else { return nil }
        let places = Array(free.suffix(all.count).reversed())
        free.removeLast(all.count)
        for (position, var descriptor) in all.enumerated() {
            if position + 1 < all.count { descriptor.next = places[position + 1] }
            try write(descriptor, to: places[position])
        }
        try publish(places[0])
        return places[0]
    }

    /// The same with an indirect table in memory of its own.
    @discardableResult
    package mutating func addIndirect(
        _ ram: inout DriverMemory, readable: [MemoryPiece] = [], writable: [MemoryPiece] = []
    ) throws(GuestMemoryError) -> UInt16? {
        let all = descriptors(readable, writable)
        guard !all.isEmpty, let head = free.popLast() else { return nil }
        let place = ram.allocate(16 * all.count)
        for (position, var descriptor) in all.enumerated() {
            descriptor.next = UInt16(position + 1)
            try write(descriptor, to: UInt16(position), of: place)
        }
        try write(
            DriverDescriptor(place, UInt32(16 * all.count), flags: DriverDescriptor.isTable),
            to: head)
        try publish(head)
        return head
    }

    private func descriptors(
        _ readable: [MemoryPiece], _ writable: [MemoryPiece]
    ) -> [DriverDescriptor] {
        var all = readable.map { DriverDescriptor($0.address, $0.count) }
        all += writable.map {
            DriverDescriptor($0.address, $0.count, flags: DriverDescriptor.deviceWrites)
        }
        for index in all.indices.dropLast() { all[index].flags |= DriverDescriptor.hasNext }
        return all
    }

    /// The next chain that the device has given back, and how many bytes it says to have written.
    package mutating func take() throws(GuestMemoryError) -> (head: UInt16, written: UInt32)? {
        guard try usedIndex() != takenIndex else { return nil }
        let element = try usedElement(takenIndex % size)
        takenIndex &+= 1
        let head = UInt16(truncatingIfNeeded: element.head)
        try release(head)
        return (head, element.written)
    }

    private mutating func release(_ head: UInt16) throws(GuestMemoryError) {
        var index = head
        for _ in 0..<size {
            free.append(index)
            let flags = try memory.loadUInt16(at: table + 16 * UInt64(index) + 12)
            guard flags & DriverDescriptor.hasNext != 0 else { return }
            index = try memory.loadUInt16(at: table + 16 * UInt64(index) + 14)
        }
    }

    /// Whether the driver has to notify for what it added since `before` (2.7.10.1).
    package func needsNotification(since before: UInt16) throws(GuestMemoryError) -> Bool {
        // The device must see the index before its wish is read.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let event = try availableEvent()
        return availableIndex &- event &- 1 < availableIndex &- before
    }
}
