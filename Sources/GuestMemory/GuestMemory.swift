internal import CLinux
package import Linux
internal import Synchronization

/// Why a range of guest-physical addresses cannot be used.
package enum GuestMemoryError: Error, Equatable, Sendable {
    /// Some byte of the range is no RAM, or the range wraps around.
    case outOfRange(address: UInt64, count: UInt64)
    /// An atomic access needs an address that is a multiple of its size.
    case misaligned(address: UInt64)
}

/// The RAM of a guest, and the only place that touches it.
///
/// The guest runs while the host reads and writes here, so two laws hold:
/// 1. No reference, `Span` or buffer pointer over guest RAM is kept or given to code that assumes that the bytes
///    stay as they are. What is parsed is copied out once, then checked, then used.
/// 2. An address from the guest becomes a host address in `pointer(at:count:)` alone, which checks it.
///
/// Guest-physical layout: RAM from 0 to at most `holeStart`, then none up to 4 GiB (devices live there), then
/// the rest. All integers are little-endian, as the guest's and the host's processors are.
///
/// May be used from every thread: it never changes after `init`, its contents are shared with the guest anyway.
@safe package final class GuestMemory: @unchecked Sendable {
    // SAFETY of @unchecked: all stored properties are constants.

    /// First address of the hole that devices use: 3 GiB.
    package static let holeStart: UInt64 = 3 << 30
    /// First address above the hole: 4 GiB.
    package static let holeEnd: UInt64 = 4 << 30

    /// One piece of RAM, as KVM_SET_USER_MEMORY_REGION takes it.
    package struct Region: Equatable, Sendable {
        package let guestAddress: UInt64
        /// In bytes.
        package let size: UInt64
        /// Address in this process.
        package let hostAddress: UInt64
    }

    internal let mapping: Mapping
    @usableFromInline internal let base: UnsafeMutableRawPointer
    @usableFromInline internal let lowSize: UInt64
    @usableFromInline internal let highSize: UInt64

    /// RAM of `size` bytes (a multiple of 4096), all zeros, which costs nothing until it is touched.
    package convenience init(size: UInt64) throws(Errno) {
        guard size > 0, size % 4096 == 0, size <= UInt64(Int.max) else { throw .invalidArgument }
        self.init(try Mapping.anonymous(size: Int(size)))
    }

    /// RAM that begins with parts of a file, which stays as it is; all else is zero.
    package convenience init(
        size: UInt64, copyOf file: borrowing OwnedFD, parts: [Range<UInt64>]
    ) throws(Errno) {
        guard size > 0, size % 4096 == 0, size <= UInt64(Int.max) else { throw .invalidArgument }
        let mapping = try Mapping.anonymous(size: Int(size))
        for part in parts {
            guard part.upperBound <= size else { throw .invalidArgument }
            try mapping.overlay(file, Int(part.lowerBound)..<Int(part.upperBound))
        }
        self.init(mapping)
    }

    private init(_ mapping: consuming Mapping) {
        let size = UInt64(mapping.size)
        unsafe base = mapping.base
        lowSize = min(size, Self.holeStart)
        highSize = size - min(size, Self.holeStart)
        self.mapping = mapping
    }

    /// All RAM in bytes.
    package var size: UInt64 { lowSize + highSize }

    /// One or two regions, in ascending order.
    package var regions: [Region] {
        let host = UInt64(UInt(bitPattern: unsafe base))
        let low = Region(guestAddress: 0, size: lowSize, hostAddress: host)
        guard highSize > 0 else { return [low] }
        return [
            low, Region(guestAddress: Self.holeEnd, size: highSize, hostAddress: host + lowSize),
        ]
    }

    /// The host address of a range that lies in one region. Not to be kept beyond the life of this object.
    @unsafe @inlinable
    package func pointer(
        at address: UInt64, count: UInt64
    ) throws(GuestMemoryError) -> UnsafeMutableRawPointer {
        if address < lowSize, count <= lowSize - address {
            return unsafe base + Int(truncatingIfNeeded: address)
        }
        if address >= Self.holeEnd, address - Self.holeEnd < highSize,
            count <= highSize - (address - Self.holeEnd)
        {
            return unsafe base + Int(truncatingIfNeeded: lowSize + (address - Self.holeEnd))
        }
        throw .outOfRange(address: address, count: count)
    }

    /// Copies bytes out.
    package func read(at address: UInt64, count: Int) throws(GuestMemoryError) -> [UInt8] {
        // SAFETY: the range was checked; the bytes are copied before anybody looks at them.
        let source = unsafe UnsafeRawBufferPointer(
            start: try pointer(at: address, count: UInt64(count)), count: count)
        return unsafe [UInt8](source)
    }

    /// Copies bytes in.
    package func write(_ bytes: [UInt8], at address: UInt64) throws(GuestMemoryError) {
        // SAFETY: the range was checked for exactly this count.
        let target = unsafe try pointer(at: address, count: UInt64(bytes.count))
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe target.copyMemory(from: start, byteCount: source.count)
        }
    }

    /// Fills a range with zeros.
    package func clear(at address: UInt64, count: UInt64) throws(GuestMemoryError) {
        // SAFETY: the range was checked.
        unsafe try pointer(at: address, count: count)
            .initializeMemory(as: UInt8.self, repeating: 0, count: Int(count))
    }
}

// Memory that the guest does not need.
extension GuestMemory {
    /// Gives whole pages of a range back to the host; what they hold afterwards is undefined, and safe.
    package func discard(at address: UInt64, count: UInt64) throws(GuestMemoryError) {
        // SAFETY: the range was checked; the mapping itself stays.
        let start = UInt(bitPattern: unsafe try pointer(at: address, count: count))
        let first = (start + 4095) & ~4095
        let end = (start + UInt(count)) & ~4095
        guard first < end else { return }
        mapping.discard(Int(first - UInt(bitPattern: unsafe base)), count: Int(end - first))
    }
}

// Integers, at any alignment. `@inlinable` because rings are read through them.
extension GuestMemory {
    @inlinable
    package func loadUInt8(at address: UInt64) throws(GuestMemoryError) -> UInt8 {
        // SAFETY: checked range, plain bytes.
        unsafe try pointer(at: address, count: 1).load(as: UInt8.self)
    }

    @inlinable
    package func loadUInt16(at address: UInt64) throws(GuestMemoryError) -> UInt16 {
        // SAFETY: checked range, plain bytes.
        unsafe try pointer(at: address, count: 2).loadUnaligned(as: UInt16.self)
    }

    @inlinable
    package func loadUInt32(at address: UInt64) throws(GuestMemoryError) -> UInt32 {
        // SAFETY: checked range, plain bytes.
        unsafe try pointer(at: address, count: 4).loadUnaligned(as: UInt32.self)
    }

    @inlinable
    package func loadUInt64(at address: UInt64) throws(GuestMemoryError) -> UInt64 {
        // SAFETY: checked range, plain bytes.
        unsafe try pointer(at: address, count: 8).loadUnaligned(as: UInt64.self)
    }

    @inlinable
    package func store(_ value: UInt8, at address: UInt64) throws(GuestMemoryError) {
        // SAFETY: checked range, plain bytes.
        unsafe try pointer(at: address, count: 1).storeBytes(of: value, as: UInt8.self)
    }

    @inlinable
    package func store(_ value: UInt16, at address: UInt64) throws(GuestMemoryError) {
        // SAFETY: checked range, plain bytes.
        unsafe try pointer(at: address, count: 2).storeBytes(of: value, as: UInt16.self)
    }

    @inlinable
    package func store(_ value: UInt32, at address: UInt64) throws(GuestMemoryError) {
        // SAFETY: checked range, plain bytes.
        unsafe try pointer(at: address, count: 4).storeBytes(of: value, as: UInt32.self)
    }

    @inlinable
    package func store(_ value: UInt64, at address: UInt64) throws(GuestMemoryError) {
        // SAFETY: checked range, plain bytes.
        unsafe try pointer(at: address, count: 8).storeBytes(of: value, as: UInt64.self)
    }
}

// What driver and device, or processor and VMM, share without a lock.
extension GuestMemory {
    /// A 16-bit load with acquire ordering: the index of a ring.
    package func loadAcquiring16(at address: UInt64) throws(GuestMemoryError) -> UInt16 {
        guard address % 2 == 0 else { throw .misaligned(address: address) }
        // SAFETY: checked range and alignment; an Atomic has the layout of its value.
        return unsafe try pointer(at: address, count: 2)
            .assumingMemoryBound(to: Atomic<UInt16>.self).pointee.load(ordering: .acquiring)
    }

    /// A 16-bit store with release ordering: all earlier stores are seen by who sees this one.
    package func storeReleasing16(_ value: UInt16, at address: UInt64) throws(GuestMemoryError) {
        guard address % 2 == 0 else { throw .misaligned(address: address) }
        // SAFETY: checked range and alignment; an Atomic has the layout of its value.
        unsafe try pointer(at: address, count: 2)
            .assumingMemoryBound(to: Atomic<UInt16>.self).pointee.store(value, ordering: .releasing)
    }

    /// Sets bits of a 64-bit number, where it still has the value that was read: the accessed and dirty bits of a page
    /// table's entry, which another processor may take away at any moment. False where it has changed.
    package func setBits(
        _ bits: UInt64, of value: UInt64, at address: UInt64
    ) throws(GuestMemoryError) -> Bool {
        guard address % 8 == 0 else { throw .misaligned(address: address) }
        // SAFETY: checked range and alignment; an Atomic has the layout of its value.
        return unsafe try pointer(at: address, count: 8)
            .assumingMemoryBound(to: Atomic<UInt64>.self).pointee
            .compareExchange(
                expected: value, desired: value | bits, ordering: .sequentiallyConsistent
            ).exchanged
    }
}

// CMPXCHG16B on behalf of a guest.
extension GuestMemory {
    /// Compares 16 bytes, atomically, and replaces them where they are equal. The address must be a multiple of 16.
    package func compareExchange16(
        at address: UInt64, expected: (low: UInt64, high: UInt64),
        desired: (low: UInt64, high: UInt64)
    ) throws(GuestMemoryError) -> (exchanged: Bool, low: UInt64, high: UInt64) {
        guard address % 16 == 0 else { throw .misaligned(address: address) }
        // SAFETY: checked range and alignment.
        let target = unsafe try pointer(at: address, count: 16)
        var found = [expected.low, expected.high]
        let replacement = [desired.low, desired.high]
        let equal = unsafe cl_compare_exchange_16(target, &found, replacement)
        return (equal != 0, found[0], found[1])
    }
}
