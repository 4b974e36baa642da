internal import GuestMemory
internal import Linux

/// The file that keeps a template's memory while its machine boots: what of it must be kept.
internal enum MemoryFile {
    private static let pageSize: UInt64 = 4096
    /// Parts with less than this many bytes of zeros between them become one: each part is a mapping of its own in
    /// every copy.
    private static let smallestGap: UInt64 = 128 << 10

    /// Frees all pages of the file that are zero throughout, and answers the ranges of the rest.
    static func compact(_ memory: GuestMemory, _ file: borrowing OwnedFD) throws -> [Range<UInt64>]
    {
        var parts: [Range<UInt64>] = []
        var cursor: UInt64 = 0
        while let data = try nextData(file, from: cursor, size: memory.size) {
            for start in stride(from: data.lowerBound, to: data.upperBound, by: Int(pageSize)) {
                guard try !memory.isZero(atOffset: start, count: Int(pageSize)) else { continue }
                if let last = parts.last, start - last.upperBound < smallestGap {
                    parts[parts.count - 1] = last.lowerBound..<start + pageSize
                } else {
                    parts.append(start..<start + pageSize)
                }
            }
            cursor = data.upperBound
        }
        try free(gapsBetween: parts, size: memory.size, file)
        return parts
    }

    /// The next range for which the file has space, rounded out to pages.
    private static func nextData(
        _ file: borrowing OwnedFD, from offset: UInt64, size: UInt64
    ) throws(Errno) -> Range<UInt64>? {
        // SEEK_DATA and SEEK_HOLE of lseek(2).
        let (seekData, seekHole): (Int32, Int32) = (3, 4)
        guard offset < size else { return nil }
        do throws(Errno) {
            let start = UInt64(try file.seek(to: Int64(offset), whence: seekData))
            let end = UInt64(try file.seek(to: Int64(start), whence: seekHole))
            let mask = pageSize - 1
            return start & ~mask..<min(size, (end + mask) & ~mask)
        } catch .noSuchDeviceOrAddress {
            return nil
        }
    }

    private static func free(
        gapsBetween parts: [Range<UInt64>], size: UInt64, _ file: borrowing OwnedFD
    ) throws(Errno) {
        // FALLOC_FL_KEEP_SIZE and FALLOC_FL_PUNCH_HOLE of linux/falloc.h.
        let punchHole: Int32 = 3
        var start: UInt64 = 0
        for part in parts + [size..<size] {
            if start < part.lowerBound {
                try file.allocate(
                    mode: punchHole, offset: Int64(start),
                    length: Int64(part.lowerBound - start))
            }
            start = part.upperBound
        }
    }
}
