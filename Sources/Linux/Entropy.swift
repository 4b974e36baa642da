internal import CLinux

/// The kernel's random numbers.
package enum Entropy {
    /// getrandom(2): waits only before the pool is ready for the first time after boot.
    package static func bytes(_ count: Int) throws(Errno) -> [UInt8] {
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            while used < count {
                do throws(Errno) {
                    // SAFETY: `used` stays below `count`, for which there is room.
                    used += try Errno.retrying {
                        unsafe cl_getrandom(buffer.baseAddress?.advanced(by: used), count - used)
                    }
                } catch {
                    failure = error
                    return
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
