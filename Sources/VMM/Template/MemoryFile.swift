internal import GuestMemory
internal import Linux

/// The file with a template's memory: as large as the RAM, and sparse.
internal enum MemoryFile {
    private static let pageSize: UInt64 = 4096
    /// Parts with less than this many bytes of zeros between them become one: each part is a mapping of its own in
    /// every copy.
    private static let smallestGap: UInt64 = 128 << 10

    /// Writes what of the RAM is not zero, and answers the ranges that cover it, in bytes of RAM.
    static func write(
        _ memory: GuestMemory, _ pageMap: borrowing PageMap, to file: borrowing OwnedFD
    ) throws -> [Range<UInt64>] {
        try file.setSize(Int64(memory.size))
        var parts: [Range<UInt64>] = []
        for used in try memory.usedRanges(pageMap) {
            for start in stride(from: used.lowerBound, to: used.upperBound, by: Int(pageSize)) {
                guard try !memory.isZero(atOffset: start, count: Int(pageSize)) else { continue }
                if let last = parts.last, start - last.upperBound < smallestGap {
                    parts[parts.count - 1] = last.lowerBound..<start + pageSize
                } else {
                    parts.append(start..<start + pageSize)
                }
            }
        }
        for part in parts { try memory.write(part, to: file) }
        return parts
    }
}
