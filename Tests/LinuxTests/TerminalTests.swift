import Linux
import Testing

@Suite("Pseudo terminals")
final class TerminalTests {
    private let master: OwnedFD
    private let slave: OwnedFD

    init() throws {
        let pair = try Terminal.openPseudoTerminal()
        master = try pair.first.duplicate()
        slave = try pair.second.duplicate()
    }

    @Test("both sides are terminals, and a pipe is none")
    func isTerminal() throws {
        let pipe = try OwnedFD.pipe()

        #expect(Terminal.isTerminal(master.rawValue))
        #expect(Terminal.isTerminal(slave.rawValue))
        #expect(!Terminal.isTerminal(pipe.first.rawValue))
        #expect(throws: Errno(rawValue: 25)) { try Terminal.size(of: pipe.first.rawValue) }
    }

    @Test("a size that one side sets is the other's")
    func size() throws {
        let size = Terminal.Size(rows: 7, columns: 300)

        try Terminal.setSize(size, of: master.rawValue)

        #expect(try Terminal.size(of: slave.rawValue) == size)
    }

    @Test("a newline goes out with a carriage return, until newlines are kept")
    func newlines() throws {
        try slave.writeAll([10])
        let first = try master.read(upTo: 2)
        try Terminal.keepNewlines(master.rawValue)
        try slave.writeAll([10])

        #expect(first == [13, 10])
        #expect(try master.read(upTo: 2) == [10])
    }

    @Test("a raw terminal passes every byte as it is, until its settings come back")
    func raw() throws {
        let settings = try Terminal.settings(of: slave.rawValue)
        let bytes: [UInt8] = [3, 4, 13, 10, 26, 0, 255]

        try Terminal.makeRaw(slave.rawValue)
        try master.writeAll(bytes)
        let raw = try slave.read(upTo: 99)
        try slave.writeAll([10])
        let rawOutput = try master.read(upTo: 99)
        try Terminal.apply(settings, to: slave.rawValue)
        try slave.writeAll([10])
        let output = try master.read(upTo: 99)

        #expect(raw == bytes)
        #expect(rawOutput == [10])
        #expect(output == [13, 10])
    }

    /// RFC 3339, section 5.6.
    @Test("the time of day is told in UTC")
    func clock() {
        let text = WallClock.rfc3339()

        let pattern = /20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d\.\d{9}Z/
        #expect(text.wholeMatch(of: pattern) != nil)
    }
}
