internal import CLinux
internal import Glibc

/// Memory of mmap(2), unmapped with its owner.
@safe package struct Mapping: ~Copyable, @unchecked Sendable {
    // SAFETY: the address and size never change; who writes what is the business of the user.
    package let base: UnsafeMutableRawPointer
    /// In bytes.
    package let size: Int
    /// The pages belong to a file, and others see what is written.
    private let isShared: Bool

    private init(_ size: Int, _ protection: Int32, _ flags: Int32, _ fd: Int32) throws(Errno) {
        var error: Int32 = 0
        guard let address = unsafe cl_mmap(size, protection, flags, fd, 0, &error) else {
            throw Errno(rawValue: error)
        }
        unsafe base = address
        self.size = size
        isShared = flags & MAP_SHARED != 0
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

    /// Frees the pages of a range of whole pages, in the file too where the mapping is shared. They stay mapped and are
    /// zero or the file's afterwards.
    package borrowing func discard(_ offset: Int, count: Int) {
        guard offset >= 0, count >= 0, count <= size - offset else { return }
        // SAFETY: a range of our own mapping.
        _ = unsafe cl_madvise(base + offset, count, isShared ? MADV_REMOVE : MADV_DONTNEED)
    }

    deinit {
        _ = unsafe cl_munmap(base, size)
    }
}
