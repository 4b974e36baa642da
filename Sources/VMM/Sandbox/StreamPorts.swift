internal import Protocols

/// Ports of the host for the streams of processes; none is given twice. Belongs to the event loop's thread.
internal final class StreamPorts {
    private var next = firstStreamPort

    /// The first of `Streams.portCount` in a row.
    func take() -> UInt32 {
        defer { next += Streams.portCount }
        return next
    }
}
