import Devices
import Synchronization
import Testing

/// The registers of a 16550 as far as an early console uses them.
@Suite struct SerialPortTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }

        func append(_ line: String) {
            lines.withLock { $0.append(line) }
        }
    }

    private let lines = Lines()
    private let port: SerialPort

    init() {
        let lines = lines
        port = SerialPort { lines.append($0) }
    }

    private func print(_ text: String) {
        for byte in text.utf8 { port.write(SerialPort.firstPort, byte) }
    }

    @Test func aLineIsTakenAtItsEnd() {
        print("first\r\nsecond")
        #expect(lines.all == ["first"])
        print("\n")
        #expect(lines.all == ["first", "second"])
    }

    @Test func whatIsNotPrintableIsReplaced() {
        print("a\u{1b}[0m\u{7}é\tz\n")
        #expect(lines.all == ["a?[0m???" + "?z"])
    }

    @Test func aLineWithoutEndIsCutAndNothingIsLost() {
        let text = String((0..<3000).map { Character(UnicodeScalar(UInt8(33 + $0 % 90))) })
        print(text + "\n")
        #expect(lines.all.allSatisfy { $0.count <= 1024 })
        #expect(lines.all.joined() == text)
    }

    @Test func anEmptyLineIsALine() {
        print("\n\n")
        #expect(lines.all == ["", ""])
    }

    @Test func theDivisorIsNoText() {
        port.write(SerialPort.firstPort + 3, 0x83)
        print("x")
        port.write(SerialPort.firstPort + 3, 0x03)
        print("y\n")
        #expect(lines.all == ["y"])
    }

    @Test(arguments: [1, 2, 4, 5, 6, 7] as [UInt16])
    func otherRegistersPrintNothing(offset: UInt16) {
        port.write(SerialPort.firstPort + offset, UInt8(ascii: "\n"))
        #expect(lines.all.isEmpty)
    }

    @Test(
        arguments: [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0x60), (6, 0xb0), (7, 0)]
            as [(UInt16, UInt8)])
    func aReadSaysThatThereIsRoom(offset: UInt16, value: UInt8) {
        #expect(port.read(SerialPort.firstPort + offset) == value)
    }

    @Test func theLastLinesAreKept() {
        print("one\ntwo\nthree\nfou")
        #expect(port.lastLines(2) == ["three", "fou"])
        #expect(port.lastLines(10) == ["one", "two", "three", "fou"])
        #expect(port.lastLines(0) == [])
    }

    @Test func howeverMuchIsPrintedLittleIsKept() {
        for number in 0..<10_000 { print("line \(number)\n") }
        let kept = port.lastLines(.max)
        #expect(kept.last == "line 9999")
        #expect(kept.joined(separator: "\n").utf8.count <= 16 << 10)
        #expect(kept.count > 500)
    }
}
