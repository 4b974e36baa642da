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

    /// The file's pages, copied on write, from offset zero.
    package static func privateCopy(of file: borrowing OwnedFD, size: Int) throws(Errno) -> Mapping
    {
        try Mapping(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.rawValue)
    }

    /// The file's pages, shared, from offset zero.
    package static func shared(_ file: borrowing OwnedFD, size: Int) throws(Errno) -> Mapping {
        try Mapping(size, PROT_READ | PROT_WRITE, MAP_SHARED, file.rawValue)
    }

    deinit {
        _ = unsafe cl_munmap(base, size)
    }
}
