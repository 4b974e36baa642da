internal import Linux

/// The serial port that the kernel's early console writes to (a 16550's registers at eight I/O ports): output only,
/// always ready. What matters of it is the kernel's last words.
///
/// Any thread may call it. It keeps the last bytes only, whatever the guest prints.
package final class SerialPort: Sendable {
    /// COM1.
    package static let firstPort: UInt16 = 0x3f8
    package static let lastPort: UInt16 = 0x3ff

    fileprivate struct State {
        var kept: [UInt8] = []
        var line: [UInt8] = []
        var divisorLatch = false
    }

    private let state = Lock(State())
    private let onLine: @Sendable (String) -> Void

    /// `onLine` gets every complete line, with what is not printable ASCII replaced.
    package init(onLine: @escaping @Sendable (String) -> Void) {
        self.onLine = onLine
    }

    /// A write of one byte to a port of ours.
    package func write(_ port: UInt16, _ byte: UInt8) {
        let line: String? = state.withLock { state in
            switch port - Self.firstPort {
            case 0 where !state.divisorLatch: return state.append(byte)
            case 3:
                state.divisorLatch = byte & 0x80 != 0
                return nil
            default: return nil
            }
        }
        if let line { onLine(line) }
    }

    /// A read of one byte: the line status says that there is always room.
    package func read(_ port: UInt16) -> UInt8 {
        switch port - Self.firstPort {
        case 5: 0x60  // THR and shift register empty.
        case 6: 0xb0  // Carrier, ready, clear to send.
        default: 0
        }
    }

    /// The last lines that were printed, at most this many, the unfinished one included.
    package func lastLines(_ count: Int) -> [String] {
        state.withLock { state in
            let text = State.printable(state.kept)
            return text.split(separator: "\n").suffix(count).map(String.init)
        }
    }
}

extension SerialPort.State {
    fileprivate static let longestLine = 1024
    fileprivate static let capacity = 16 << 10

    /// Keeps a byte; the line, when it ends one.
    fileprivate mutating func append(_ byte: UInt8) -> String? {
        kept.append(byte)
        // Half is dropped at a time, so that it does not happen with every byte.
        if kept.count > Self.capacity { kept.removeFirst(Self.capacity / 2) }
        guard byte == UInt8(ascii: "\n") || line.count >= Self.longestLine else {
            line.append(byte)
            return nil
        }
        defer {
            line.removeAll(keepingCapacity: true)
            if byte != UInt8(ascii: "\n") { line.append(byte) }
        }
        return Self.printable(line)
    }

    fileprivate static func printable(_ bytes: [UInt8]) -> String {
        let kept = bytes.filter { $0 != UInt8(ascii: "\r") }
        return String(
            decoding: kept.map {
                (0x20..<0x7f).contains($0) || $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: "?")
            }, as: UTF8.self)
    }
}
