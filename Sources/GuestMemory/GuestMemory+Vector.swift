package import Linux

/// A piece of guest-physical memory that somebody named. Whether there is RAM is checked when it is used.
package struct MemoryPiece: Equatable, Sendable {
    package let address: UInt64
    /// In bytes.
    package let count: UInt32

    package init(address: UInt64, count: UInt32) {
        self.address = address
        self.count = count
    }
}

extension GuestMemory {
    /// The pieces as one run of host memory for readv(2) and copies. It stays valid as long as this object.
    package func vector(_ pieces: [MemoryPiece]) throws(GuestMemoryError) -> IOVector {
        var vector = IOVector()
        for piece in pieces where piece.count > 0 {
            // SAFETY: the range was checked; the mapping lives as long as this object, which outlives all devices.
            let base = unsafe try pointer(at: piece.address, count: UInt64(piece.count))
            do throws(Errno) {
                try unsafe vector.append(base: base, count: Int(piece.count))
            } catch {
                throw .outOfRange(address: piece.address, count: UInt64(piece.count))
            }
        }
        return vector
    }

    /// Reads `count` bytes of a file straight into RAM.
    package func fill(
        at address: UInt64, count: UInt64, from file: borrowing OwnedFD, offset: UInt64
    ) throws {
        var vector = IOVector()
        // SAFETY: as in `vector(_:)`.
        try unsafe vector.append(base: try pointer(at: address, count: count), count: Int(count))
        guard try vector.fill(from: file, at: Int64(offset)) == Int(count) else { throw Errno.io }
    }
}
