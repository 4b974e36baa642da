internal import Linux

/// Both ends of a pipe, each until somebody takes it.
final class Pipe {
    private(set) var reading: OwnedFD?
    private(set) var writing: OwnedFD?

    init() throws(Errno) {
        try OwnedFD.pipe().split { reader, writer in
            reading = consume reader
            writing = consume writer
        }
    }

    /// The reading end; the caller owns it from now on. EINVAL the second time.
    func takeReading() throws(Errno) -> OwnedFD {
        guard let end = reading.take() else { throw .invalidArgument }
        return end
    }

    /// The writing end; the caller owns it from now on. EINVAL the second time.
    func takeWriting() throws(Errno) -> OwnedFD {
        guard let end = writing.take() else { throw .invalidArgument }
        return end
    }
}
