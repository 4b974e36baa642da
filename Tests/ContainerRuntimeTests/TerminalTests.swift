import Glibc
import KVM
import Linux
import Testing

/// The verb `run` in front of a terminal, which the test plays.
@Suite(.enabled(if: canRun)) struct TerminalTests {
    @Test func relaysKeysAndSizesAndRestoresTheTerminal() throws {
        let person = try Person()
        let bundle = try TestBundle(["terminal"], terminal: true)
        let run = try Invocation(bundle, terminal: person.slave.rawValue)
        #expect(person.sees("size 30x90\r\n"))
        #expect(!person.echoes)
        try person.types("a\u{3}b")
        #expect(person.sees("size 30x90\r\n<a\u{3}b>"))
        try Terminal.setSize(Terminal.Size(rows: 40, columns: 100), of: person.slave.rawValue)
        run.child.signal(SIGWINCH)
        #expect(person.sees("size 30x90\r\n<a\u{3}b>size 40x100\r\n"))
        try person.types("q")
        #expect(try run.status() == 7)
        #expect(person.echoes)
        #expect(bundle.containers == [])
    }

    @Test func restoresTheTerminalAfterItIsKilled() throws {
        let person = try Person()
        let bundle = try TestBundle(["terminal"], terminal: true)
        let run = try Invocation(bundle, terminal: person.slave.rawValue)
        #expect(person.sees("size 30x90\r\n"))
        #expect(!person.echoes)
        run.child.signal(SIGKILL)
        #expect(try run.status() == 137)
        #expect(eventually { person.echoes })
        #expect(eventually { bundle.containers == [] })
    }

    @Test func restoresTheTerminalAfterTheSandboxIsKilled() throws {
        let person = try Person()
        let bundle = try TestBundle(["terminal"], terminal: true)
        let run = try Invocation(bundle, terminal: person.slave.rawValue)
        #expect(person.sees("size 30x90\r\n"))
        let pid = try #require(bundle.state?["pid"] as? Int)
        kill(pid_t(pid), SIGKILL)
        #expect(try run.status() == 137)
        #expect(person.echoes)
        #expect(bundle.containers == [])
    }

    @Test func handsTheMasterToTheConsoleSocket() throws {
        let bundle = try TestBundle(["terminal"], terminal: true)
        let path = bundle.folder + "/console"
        let listener = try UnixSocket.listen(at: path)
        let run = try Invocation(bundle, ["run", "-d", "--console-socket", path])
        let received = try ReceivedTerminal(try UnixSocket.accept(listener))
        #expect(try run.status() == 0)
        #expect(received.name == "/dev/ptmx")
        try received.master.writeAll(Array("q".utf8))
        // Whoever has the master decides what becomes of newlines; the kernel's choice is a return with each.
        #expect(received.allText().hasPrefix("size 0x0\r\n"))
    }
}

/// Somebody with a terminal of 30 rows and 90 columns.
final class Person {
    private let master: OwnedFD
    let slave: OwnedFD
    private var seen = ""

    init() throws {
        let pair = try Terminal.openPseudoTerminal()
        try Terminal.setSize(Terminal.Size(rows: 30, columns: 90), of: pair.first.rawValue)
        try pair.first.setNonBlocking(true)
        master = try pair.first.duplicate()
        slave = try pair.second.duplicate()
    }

    func types(_ text: String) throws {
        try master.writeAll(Array(text.utf8))
    }

    /// Everything on the screen is `text`, soon.
    func sees(_ text: String) -> Bool {
        eventually {
            let bytes = (try? master.read(upTo: 4096)) ?? []
            seen += String(decoding: bytes, as: UTF8.self)
            return seen == text
        }
    }

    /// The terminal is not raw.
    var echoes: Bool {
        var settings = termios()
        unsafe tcgetattr(slave.rawValue, &settings)
        return settings.c_lflag & tcflag_t(ECHO) != 0
    }
}

/// What arrives at a console socket.
final class ReceivedTerminal {
    let name: String
    let master: OwnedFD

    init(_ socket: consuming OwnedFD) throws {
        let (bytes, descriptors) = try receive(from: socket)
        name = String(decoding: bytes, as: UTF8.self)
        master = OwnedFD(taking: try #require(descriptors.first))
    }

    /// Until the other side is closed.
    func allText() -> String {
        var text = ""
        while let bytes = try? master.read(upTo: 4096), !bytes.isEmpty {
            text += String(decoding: bytes, as: UTF8.self)
        }
        return text
    }
}

/// One message and the descriptors with it.
private func receive(from socket: borrowing OwnedFD) throws -> ([UInt8], [Int32]) {
    var bytes = [UInt8](repeating: 0, count: 64)
    var control = [UInt8](repeating: 0, count: 64)
    let number = socket.rawValue
    let count = unsafe bytes.withUnsafeMutableBytes { data in
        unsafe control.withUnsafeMutableBytes { room in
            var vector = unsafe iovec(iov_base: data.baseAddress, iov_len: data.count)
            return unsafe withUnsafeMutablePointer(to: &vector) { vector in
                var message = unsafe msghdr()
                unsafe message.msg_iov = vector
                unsafe message.msg_iovlen = 1
                unsafe message.msg_control = room.baseAddress
                unsafe message.msg_controllen = room.count
                return unsafe recvmsg(number, &message, 0)
            }
        }
    }
    // struct cmsghdr (cmsg(3)) is 16 bytes; the descriptor follows.
    let descriptor = (0..<4).reduce(Int32(0)) { $0 | Int32(control[16 + $1]) << (8 * $1) }
    return (Array(bytes.prefix(max(0, count))), [descriptor])
}
