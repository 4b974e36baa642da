internal import CLinux
internal import Glibc

/// A file descriptor that is closed when its owner lets go of it. All are close-on-exec.
///
/// Usable from any thread; the owner decides who may use it at the same time.
package struct OwnedFD: ~Copyable, Sendable {
    /// The number, to be borrowed for the length of one call and never stored beyond the owner's life.
    package let rawValue: Int32

    /// Takes over an open descriptor; nobody else may close it from now on.
    package init(taking rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        _ = cl_close(rawValue)
    }

    /// Closes it now and reports what close(2) says: the place where a write error of NFS or FUSE shows.
    package consuming func close() throws(Errno) {
        let number = rawValue
        discard self
        try Errno.check(cl_close(number))
    }

    /// Gives the number away: the caller closes it.
    package consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }

    /// open(2), with O_CLOEXEC always on.
    package static func open(
        _ path: String, _ flags: Int32, mode: UInt32 = 0
    ) throws(Errno) -> OwnedFD {
        OwnedFD(taking: try Errno.retrying { unsafe cl_open(path, flags, mode) })
    }

    /// openat(2) below this directory, with O_CLOEXEC always on. Follows symbolic links like open(2).
    package borrowing func open(
        at path: String, _ flags: Int32, mode: UInt32 = 0
    ) throws(Errno) -> OwnedFD {
        let directory = rawValue
        return OwnedFD(
            taking: try Errno.retrying { unsafe cl_openat(directory, path, flags, mode) })
    }

    /// A second descriptor of the same open file, numbered 3 or above.
    package borrowing func duplicate() throws(Errno) -> OwnedFD {
        try OwnedFD.duplicating(rawValue)
    }

    /// A second descriptor of an open file that somebody else owns (stdio, mostly).
    package static func duplicating(_ number: Int32) throws(Errno) -> OwnedFD {
        OwnedFD(taking: try Errno.check(cl_dup(number)))
    }

    /// Both ends of pipe2(2).
    package static func pipe(flags: Int32 = 0) throws(Errno) -> FDPair {
        var ends: (Int32, Int32) = (-1, -1)
        // SAFETY: a tuple of two Int32 has the layout of int[2].
        let result = unsafe withUnsafeMutableBytes(of: &ends) {
            unsafe cl_pipe($0.baseAddress?.assumingMemoryBound(to: Int32.self), flags)
        }
        try Errno.check(result)
        return FDPair(first: OwnedFD(taking: ends.0), second: OwnedFD(taking: ends.1))
    }

    package borrowing func setNonBlocking(_ on: Bool) throws(Errno) {
        try Errno.check(cl_set_nonblocking(rawValue, on ? 1 : 0))
    }

    /// Lets the descriptor survive execve(2), or not.
    package borrowing func setCloseOnExec(_ on: Bool) throws(Errno) {
        try Errno.check(cl_set_cloexec(rawValue, on ? 1 : 0))
    }

    /// read(2) of at most `count` bytes; empty at the end of the file.
    package borrowing func read(upTo count: Int) throws(Errno) -> [UInt8] {
        let number = rawValue
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            do throws(Errno) {
                // SAFETY: the buffer has room for `count` bytes.
                used = try Errno.retrying { unsafe cl_read(number, buffer.baseAddress, count) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads to the end of the file, at most `limit` bytes; EMSGSIZE beyond.
    package borrowing func readAll(limit: Int) throws(Errno) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let piece = try read(upTo: 65536)
            if piece.isEmpty { return all }
            guard all.count + piece.count <= limit else { throw .messageTooLong }
            all += piece
        }
    }

    /// write(2): how many bytes were taken.
    package borrowing func write(_ bytes: borrowing RawSpan) throws(Errno) -> Int {
        let number = rawValue
        // SAFETY: the span outlives the call.
        return try unsafe bytes.withUnsafeBytes { buffer throws(Errno) in
            try Errno.retrying { unsafe cl_write(number, buffer.baseAddress, buffer.count) }
        }
    }

    /// Writes everything, waiting where the descriptor blocks.
    package borrowing func writeAll(_ bytes: [UInt8]) throws(Errno) {
        let number = rawValue
        var offset = 0
        while offset < bytes.count {
            // SAFETY: the offset stays below the count of the borrowed buffer.
            offset += try Errno.retrying {
                unsafe bytes.withUnsafeBytes {
                    unsafe cl_write(number, $0.baseAddress?.advanced(by: offset), $0.count - offset)
                }
            }
        }
    }
}

/// Two descriptors that were made together: a pipe (read end first) or a socket pair.
package struct FDPair: ~Copyable, Sendable {
    package var first: OwnedFD
    package var second: OwnedFD

    /// Takes both apart.
    package consuming func split(_ body: (consuming OwnedFD, consuming OwnedFD) -> Void) {
        body(first, second)
    }
}

extension OwnedFD {
    /// pread(2) of at most `count` bytes.
    package borrowing func read(upTo count: Int, at offset: Int64) throws(Errno) -> [UInt8] {
        let number = rawValue
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            do throws(Errno) {
                // SAFETY: the buffer has room for `count` bytes.
                used = try Errno.retrying {
                    unsafe cl_pread(number, buffer.baseAddress, count, offset)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Of a regular file, in bytes.
    package borrowing func size() throws(Errno) -> Int64 {
        try Errno.check(cl_file_size(rawValue))
    }
}
