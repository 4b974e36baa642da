internal import CLinux
internal import Glibc
internal import Synchronization

/// The kernel's random numbers. Any thread may ask.
package enum Entropy {
    /// /dev/urandom, in a process that may open no files and make few calls later; -1: it is not open. It is never closed.
    private static let kept = Atomic<Int32>(-1)

    /// From now on `bytes` is an ordinary read (random(4)). Waits like getrandom(2), which has to come first: the file does not.
    package static func keepOpen() throws(Errno) {
        _ = try bytes(1)
        kept.store(try OwnedFD.open("/dev/urandom", O_RDONLY).release(), ordering: .relaxed)
    }

    /// getrandom(2): waits only before the pool is ready for the first time after boot.
    package static func bytes(_ count: Int) throws(Errno) -> [UInt8] {
        let file = kept.load(ordering: .relaxed)
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            while used < count {
                do throws(Errno) {
                    let some = try Errno.retrying {
                        // SAFETY: `used` stays below `count`, for which there is room.
                        let place = unsafe buffer.baseAddress?.advanced(by: used)
                        return file < 0
                            ? unsafe cl_getrandom(place, count - used)
                            : unsafe cl_read(file, place, count - used)
                    }
                    guard some > 0 else { throw .io }
                    used += some
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
