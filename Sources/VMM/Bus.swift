internal import Boot

/// Which device answers a guest-physical address. It does not change any more when the processors run, so it needs
/// no lock.
internal struct Bus: Sendable {
    private(set) var slots: [VirtioSlot] = []

    mutating func append(_ slot: VirtioSlot) {
        slots.append(slot)
    }

    private func find(_ address: UInt64) -> (slot: VirtioSlot, offset: UInt64)? {
        guard address >= Layout.deviceStart else { return nil }
        let (index, offset) = (address - Layout.deviceStart)
            .quotientAndRemainder(dividingBy: Layout.deviceSize)
        return index < UInt64(slots.count) ? (slots[Int(index)], offset) : nil
    }

    /// What is nowhere reads as all ones, as on a bus that nobody drives.
    func read(_ address: UInt64, size: Int) -> UInt64 {
        guard let (slot, offset) = find(address) else { return UInt64.max }
        return slot.read(offset, size: size)
    }

    func write(_ address: UInt64, size: Int, value: UInt64) {
        guard let (slot, offset) = find(address) else { return }
        slot.write(offset, size: size, value: value)
    }
}
