import Foundation
import Glibc
import Linux
import Testing

/// `exec` with a terminal.
@Suite(.enabled(if: canRun)) struct ExecTerminalTests {
    private let container: TestContainer

    init() throws {
        container = try .running("wait")
    }

    @Test func relaysKeysAndSizesAndRestoresTheTerminal() throws {
        let person = try Person()
        let call = try Invocation(
            ["exec", "--tty", "c", "terminal"], in: container.bundle,
            terminal: person.slave.rawValue)
        #expect(person.sees("size 30x90\r\n"))
        #expect(!person.echoes)
        try person.types("a\u{3}")
        #expect(person.sees("size 30x90\r\n<a\u{3}>"))
        try Terminal.setSize(Terminal.Size(rows: 40, columns: 100), of: person.slave.rawValue)
        call.child.signal(SIGWINCH)
        #expect(person.sees("size 30x90\r\n<a\u{3}>size 40x100\r\n"))
        try person.types("q")
        #expect(try call.status() == 7)
        #expect(person.echoes)
    }

    @Test func restoresTheTerminalAfterTheContainerHasEnded() throws {
        let person = try Person()
        let call = try Invocation(
            ["exec", "-t", "c", "terminal"], in: container.bundle,
            terminal: person.slave.rawValue)
        #expect(person.sees("size 30x90\r\n"))
        #expect(try container.call("kill", "c", "9") == .quiet)
        #expect(try call.status() == 137)
        #expect(person.echoes)
    }

    @Test func handsTheMasterToTheConsoleSocket() throws {
        let path = container.bundle.folder + "/console"
        let listener = try UnixSocket.listen(at: path)
        let file = container.bundle.folder + "/process.json"
        let text = """
            {"args": ["terminal"], "cwd": "/", "terminal": true,
             "consoleSize": {"height": 20, "width": 70}}
            """
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        let call = try container.begin([
            "exec", "--process", file, "--detach", "--console-socket", path, "c",
        ])
        let received = try ReceivedTerminal(try UnixSocket.accept(listener))
        #expect(try call.status() == 0)
        #expect(call.errorText == "")
        #expect(received.name == "/dev/ptmx")
        #expect(try Terminal.size(of: received.master.rawValue) == .init(rows: 20, columns: 70))
        try Terminal.setSize(
            Terminal.Size(rows: 40, columns: 100), of: received.master.rawValue)
        usleep(200_000)
        try received.master.writeAll(Array("q".utf8))
        #expect(received.allText().replacing("\r\n", with: "\n") == "size 20x70\nsize 40x100\n<q>")
    }

    @Test func failsWithoutAListenerAndEndsTheProcess() throws {
        let path = container.bundle.folder + "/console"
        let outcome = try container.call(
            "exec", "-d", "-t", "--console-socket", path, "c", "terminal")
        #expect(outcome.status == 255)
        let text = "dial unix \(path): connect: no such file or directory"
        #expect(outcome.errors == "vmrun exec failed: \(text)\n")
        let list = "[\(try #require(container.pid))]\n"
        #expect(
            eventually { (try? container.call("ps", "-f", "json", "c")) == .says(list) })
    }

    @Test func theMasterEndsWithTheProcess() throws {
        let path = container.bundle.folder + "/console"
        let listener = try UnixSocket.listen(at: path)
        let pidFile = container.bundle.folder + "/pid"
        let call = try container.begin([
            "exec", "-d", "-t", "--console-socket", path, "--pid-file", pidFile, "c", "terminal",
        ])
        let received = try ReceivedTerminal(try UnixSocket.accept(listener))
        #expect(try call.status() == 0)
        let pid = try #require(pid_t(try String(contentsOfFile: pidFile, encoding: .utf8)))
        kill(pid, SIGKILL)
        #expect(received.allText().hasPrefix("size 0x0"))
    }
}
