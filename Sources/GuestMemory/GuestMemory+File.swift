package import Linux

// RAM as the bytes of a file: offsets count the bytes of RAM, without the hole below 4 GiB.
extension GuestMemory {
    /// The pages that were ever touched, by the guest or by the host, in ascending order.
    package func usedRanges(
        _ pageMap: borrowing PageMap
    ) throws(Errno) -> [Range<UInt64>] {
        try mapping.usedRanges(pageMap).map { UInt64($0.lowerBound)..<UInt64($0.upperBound) }
    }

    /// Whether a range is zero throughout.
    package func isZero(atOffset offset: UInt64, count: Int) throws(GuestMemoryError) -> Bool {
        // SAFETY: the range was checked.
        let bytes = unsafe UnsafeRawBufferPointer(
            start: try pointer(atOffset: offset, count: count), count: count)
        return unsafe bytes.allSatisfy { $0 == 0 }
    }

    /// Writes a range to its own place in the file.
    package func write(_ range: Range<UInt64>, to file: borrowing OwnedFD) throws {
        var vector = IOVector()
        let count = range.count
        // SAFETY: the range was checked, and this object outlives the call.
        unsafe try vector.append(
            base: pointer(atOffset: range.lowerBound, count: count), count: count)
        var done = 0
        while done < count {
            let written = try vector.dropFirst(done).drain(
                to: file, at: Int64(range.lowerBound) + Int64(done))
            guard written > 0 else { throw Errno.io }
            done += written
        }
    }

    @unsafe private func pointer(
        atOffset offset: UInt64, count: Int
    ) throws(GuestMemoryError) -> UnsafeMutableRawPointer {
        guard count >= 0, offset <= size, UInt64(count) <= size - offset else {
            throw .outOfRange(address: offset, count: UInt64(max(0, count)))
        }
        return unsafe base + Int(offset)
    }
}
