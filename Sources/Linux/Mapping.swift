internal import CLinux
internal import Glibc

/// Memory of mmap(2), unmapped with its owner.
@safe package struct Mapping: ~Copyable, @unchecked Sendable {
    // SAFETY: the address and size never change; who writes what is the business of the user.
    package let base: UnsafeMutableRawPointer
    /// In bytes.
    package let size: Int
    private init(_ size: Int, _ protection: Int32, _ flags: Int32, _ fd: Int32) throws(Errno) {
        var error: Int32 = 0
        guard let address = unsafe cl_mmap(size, protection, flags, fd, 0, &error) else {
            throw Errno(rawValue: error)
        }
        unsafe base = address
        self.size = size
    }

    /// Anonymous private memory that costs nothing until it is touched.
    package static func anonymous(size: Int) throws(Errno) -> Mapping {
        try Mapping(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1)
    }

    /// The file's pages, shared, from offset zero.
    package static func shared(_ file: borrowing OwnedFD, size: Int) throws(Errno) -> Mapping {
        try Mapping(size, PROT_READ | PROT_WRITE, MAP_SHARED, file.rawValue)
    }

    /// Puts pages of a file at their own place in this mapping, copied on write.
    package borrowing func overlay(
        _ file: borrowing OwnedFD, _ range: Range<Int>
    ) throws(Errno) {
        guard range.lowerBound >= 0, range.upperBound <= size else { throw .invalidArgument }
        let flags = MAP_PRIVATE | MAP_NORESERVE
        try Errno.check(
            // SAFETY: the range is our own mapping's, whose pages the kernel replaces.
            unsafe cl_mmap_over(
                base + range.lowerBound, range.count, PROT_READ | PROT_WRITE, flags,
                file.rawValue, Int64(range.lowerBound)))
    }

    /// Frees the pages of a range of whole pages. They stay mapped and are zero, or the file's, afterwards.
    package borrowing func discard(_ offset: Int, count: Int) {
        guard offset >= 0, count >= 0, count <= size - offset else { return }
        // SAFETY: a range of our own mapping.
        _ = unsafe cl_madvise(base + offset, count, MADV_DONTNEED)
    }

    /// The pages that have contents of their own, in memory or swapped out, as offsets in ascending order
    /// (/proc/PID/pagemap, Documentation/admin-guide/mm/pagemap.rst).
    package borrowing func usedRanges(
        _ map: borrowing PageMap
    ) throws(Errno) -> [Range<Int>] {
        let pageSize = 4096
        let entriesAtOnce = 8192
        let present: UInt8 = 0b1100_0000
        let firstPage = Int64(UInt(bitPattern: unsafe base)) / Int64(pageSize)
        var ranges: [Range<Int>] = []
        var page = 0
        while page < size / pageSize {
            let count = min(entriesAtOnce, size / pageSize - page)
            let entries = try map.file.read(upTo: count * 8, at: (firstPage + Int64(page)) * 8)
            guard entries.count >= 8 else { throw .io }
            // Bits 63 and 62 of an entry, which is little-endian.
            for index in 0..<entries.count / 8 where entries[index * 8 + 7] & present != 0 {
                let start = (page + index) * pageSize
                if let last = ranges.last, last.upperBound == start {
                    ranges[ranges.count - 1] = last.lowerBound..<start + pageSize
                } else {
                    ranges.append(start..<start + pageSize)
                }
            }
            page += entries.count / 8
        }
        return ranges
    }

    deinit {
        _ = unsafe cl_munmap(base, size)
    }
}

/// Which pages of this process are in memory (/proc/PID/pagemap).
package struct PageMap: ~Copyable, Sendable {
    fileprivate let file: OwnedFD

    /// Opens it; that needs /proc.
    package init() throws(Errno) {
        file = try OwnedFD.open("/proc/self/pagemap", O_RDONLY)
    }
}
