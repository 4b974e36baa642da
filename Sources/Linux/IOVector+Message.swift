internal import CLinux
internal import Glibc

// Descriptors that keep messages apart: packet sockets, taps. One call moves one message.
extension IOVector {
    /// More pieces than this are not taken: IOV_MAX of limits.h, less the one that tells what did not fit.
    package static let messagePieceLimit = 1023

    /// readv(2) of one message. Answers how long it is: more than `count` where it is longer than this memory, which then
    /// has its beginning. Zero at the end. EAGAIN where there is none; EINVAL for more than `messagePieceLimit` pieces.
    package func readMessage(from file: borrowing OwnedFD) throws(Errno) -> Int {
        let number = file.rawValue
        guard pieceCount <= Self.messagePieceLimit else { throw .invalidArgument }
        let room = pieceCount + 1
        var excess: UInt8 = 0
        return try Errno.retrying {
            // SAFETY: `room` pieces are written and read; the additional byte outlives the call.
            unsafe withUnsafeMutablePointer(to: &excess) { last in
                unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: room) { pieces in
                    _ = unsafe pieces.initialize(from: segments)
                    unsafe pieces.initializeElement(
                        at: room - 1, to: iovec(iov_base: last, iov_len: 1))
                    return unsafe cl_readv(number, pieces.baseAddress, Int32(room))
                }
            }
        }
    }

    /// writev(2) of all bytes as one message. EAGAIN where it cannot be taken now; EINVAL for more than
    /// `messagePieceLimit` pieces.
    package func writeMessage(to file: borrowing OwnedFD) throws(Errno) {
        let number = file.rawValue
        guard pieceCount <= Self.messagePieceLimit else { throw .invalidArgument }
        try Errno.retrying {
            // SAFETY: the pieces outlive the call, which is told their number.
            unsafe segments.withUnsafeBufferPointer { pieces in
                unsafe cl_writev(number, pieces.baseAddress, Int32(pieces.count))
            }
        }
    }
}
