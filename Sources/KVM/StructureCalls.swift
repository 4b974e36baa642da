internal import CLinux
internal import Linux

// ioctls of KVM's descriptors that move a plain structure, by value or as the bytes that it is.
extension OwnedFD {
    /// The result of the call, or the negated error.
    internal borrowing func transfer<T>(
        _ request: UInt, _ value: inout T
    ) -> Int32 {
        // SAFETY: every caller passes the structure that the request names.
        unsafe withUnsafeMutableBytes(of: &value) {
            unsafe cl_ioctl(rawValue, request, $0.baseAddress)
        }
    }

    /// Fills or reads a structure.
    internal borrowing func call<T>(
        _ name: String, _ request: UInt, _ value: inout T
    ) throws(KVMError) {
        try named(name, transfer(request, &value))
    }

    /// Fills a structure, which may say itself what is wanted, and answers its bytes.
    internal borrowing func save<T>(
        _ name: String, _ request: UInt, _ structure: T
    ) throws(KVMError) -> [UInt8] {
        var value = structure
        try call(name, request, &value)
        // SAFETY: a plain structure is bytes; they are copied.
        return unsafe withUnsafeBytes(of: value) { unsafe [UInt8]($0) }
    }

    /// Hands over bytes that `save` has answered for such a structure; EINVAL where they have another size.
    internal borrowing func restore<T>(
        _ name: String, _ request: UInt, _ bytes: [UInt8], as structure: T
    ) throws(KVMError) {
        var value = structure
        guard bytes.count == MemoryLayout<T>.size else {
            throw KVMError(call: name, errno: .invalidArgument)
        }
        // SAFETY: the size fits, and any bytes are a plain C structure.
        unsafe withUnsafeMutableBytes(of: &value) { unsafe $0.copyBytes(from: bytes) }
        try call(name, request, &value)
    }
}
