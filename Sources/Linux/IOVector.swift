internal import CLinux
internal import Glibc

/// A list of memory pieces that is read or written as one run of bytes (readv(2)).
///
/// The memory belongs to somebody else and may be guest RAM, which can change at any moment: so bytes
/// are only ever copied in or out as a whole, or handed to the kernel; no view of them leaves this type.
/// Any thread may use it.
@safe package struct IOVector: @unchecked Sendable {
    // SAFETY: who appends a piece promises that its memory stays mapped as long as any copy of this
    // vector lives (for guest RAM: as long as the VM). Every access stays within the pieces, whose sum
    // `count` is checked against overflow.
    internal private(set) var segments: [iovec] = unsafe []
    /// How many bytes all pieces hold together.
    package private(set) var count = 0

    /// An empty vector.
    package init() {}

    /// Adds a piece of memory, which has to stay mapped as long as this vector or a copy of it lives.
    /// Empty pieces are left out; EOVERFLOW where the sum does not fit.
    @unsafe package mutating func append(
        base: UnsafeMutableRawPointer, count length: Int
    ) throws(Errno) {
        guard length >= 0 else { throw .invalidArgument }
        guard length > 0 else { return }
        let (sum, overflow) = count.addingReportingOverflow(length)
        guard !overflow else { throw Errno(rawValue: EOVERFLOW) }
        unsafe segments.append(iovec(iov_base: base, iov_len: length))
        count = sum
    }

    /// Adds the pieces of another vector, with the promise that was given for them. EOVERFLOW as above.
    package mutating func append(_ other: IOVector) throws(Errno) {
        let (sum, overflow) = count.addingReportingOverflow(other.count)
        guard !overflow else { throw Errno(rawValue: EOVERFLOW) }
        unsafe segments.append(contentsOf: other.segments)
        count = sum
    }

    /// Of how many pieces this is made.
    package var pieceCount: Int { unsafe segments.count }

    /// The first bytes: all of them where there are fewer than `length`.
    package func prefix(_ length: Int) -> IOVector {
        slice(from: 0, length: length)
    }

    /// What follows the first bytes: nothing where there are no more than `length`.
    package func dropFirst(_ length: Int) -> IOVector {
        let start = max(0, min(length, count))
        return slice(from: start, length: count - start)
    }

    private func slice(from start: Int, length: Int) -> IOVector {
        var result = IOVector()
        var skip = start
        var left = max(0, min(length, count))
        for index in unsafe segments.indices where left > 0 {
            let segment = unsafe segments[index]
            let size = unsafe Int(segment.iov_len)
            guard skip < size else {
                skip -= size
                continue
            }
            let take = min(size - skip, left)
            unsafe result.segments.append(
                iovec(iov_base: segment.iov_base.advanced(by: skip), iov_len: take))
            result.count += take
            left -= take
            skip = 0
        }
        return result
    }

    /// A copy of the first bytes: all of them where there are fewer than `length`.
    package func copyOut(_ length: Int) -> [UInt8] {
        let wanted = max(0, min(length, count))
        return unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, used in
            for index in unsafe segments.indices where used < wanted {
                let segment = unsafe segments[index]
                let take = min(unsafe Int(segment.iov_len), wanted - used)
                // SAFETY: `used + take` stays within `wanted`, which the buffer has room for.
                guard let target = unsafe buffer.baseAddress?.advanced(by: used) else { return }
                unsafe UnsafeMutableRawPointer(target).copyMemory(
                    from: segment.iov_base, byteCount: take)
                used += take
            }
        }
    }

    /// Copies the bytes to the front of the memory; answers how many there was room for.
    @discardableResult
    package func copyIn(_ bytes: [UInt8]) -> Int {
        unsafe bytes.withUnsafeBytes { source in
            var done = 0
            for index in unsafe segments.indices where done < source.count {
                let segment = unsafe segments[index]
                let take = min(unsafe Int(segment.iov_len), source.count - done)
                // SAFETY: `done + take` stays within the source, `take` within the piece.
                guard let start = unsafe source.baseAddress?.advanced(by: done) else { break }
                unsafe segment.iov_base.copyMemory(from: start, byteCount: take)
                done += take
            }
            return done
        }
    }

    /// preadv(2) of a file into the memory, until it is full or the file ends.
    ///
    /// An error after some bytes have come is not told: the count of those bytes is.
    package func fill(from file: borrowing OwnedFD, at offset: Int64) throws(Errno) -> Int {
        let number = file.rawValue
        return try unsafe transfer(at: offset) { pieces, count, position in
            unsafe cl_preadv(number, pieces, count, position)
        }
    }

    /// pwritev2(2) of all the memory to a file; `append` writes at its end whatever the offset.
    ///
    /// An error after some bytes were written is not told: the count of those bytes is.
    package func drain(
        to file: borrowing OwnedFD, at offset: Int64, append: Bool = false
    ) throws(Errno) -> Int {
        let number = file.rawValue
        return try unsafe transfer(at: offset) { pieces, count, position in
            append
                ? unsafe cl_pwritev_append(number, pieces, count, position)
                : unsafe cl_pwritev(number, pieces, count, position)
        }
    }

    /// Calls again until everything is moved, at most 1024 pieces (IOV_MAX) at a time.
    private func transfer(
        at offset: Int64, _ call: (UnsafePointer<iovec>, Int32, Int64) -> Int
    ) throws(Errno) -> Int {
        var done = 0
        while done < count {
            let rest = done == 0 ? self : dropFirst(done)
            let (position, overflow) = offset.addingReportingOverflow(Int64(done))
            guard !overflow else { break }
            let moved: Int
            do throws(Errno) {
                moved = try Errno.retrying {
                    // SAFETY: the pieces outlive the call, and only as many as there are are named.
                    unsafe rest.segments.withUnsafeBufferPointer { pieces -> Int in
                        guard let base = pieces.baseAddress else { return 0 }
                        return unsafe call(base, Int32(min(pieces.count, 1024)), position)
                    }
                }
            } catch {
                guard done > 0 else { throw error }
                return done
            }
            guard moved > 0 else { break }
            done += moved
        }
        return done
    }
}
