@testable import AgentCore
import Protocols
import Testing

@Suite("Terminals", .native)
struct TerminalTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    /// Starts a container whose script has a terminal.
    private func start(
        _ script: String, _ change: (inout ContainerPlan) -> Void = { _ in }
    ) throws -> HostEnd {
        let terminal = try agent.stream()
        var plan = Plans.container("sh", "-c", script)
        plan.process.terminal = true
        plan.process.terminalRows = 24
        plan.process.terminalColumns = 80
        plan.process.streams.stdin = terminal.port
        change(&plan)
        try agent.perform(.createContainer(plan))
        try terminal.accept()
        try agent.perform(.startContainer(container: "c"))
        return terminal
    }

    /// All that comes to the end, without the carriage returns.
    private func rest(_ terminal: HostEnd) throws -> String {
        var bytes: [UInt8] = []
        while case let piece = try terminal.read(), !piece.isEmpty { bytes += piece }
        return String(decoding: bytes.filter { $0 != 13 }, as: UTF8.self)
    }

    @Test("all three streams are the terminal of the container's own devpts")
    func tty() throws {
        let terminal = try start("tty; tty <&1; tty <&2; test -t 0 -a -t 1 -a -t 2 && echo all")

        #expect(try rest(terminal) == "/dev/pts/0\n/dev/pts/0\n/dev/pts/0\nall\n")
        #expect(try agent.exit().exitStatus == 0)
    }

    @Test("it is the controlling terminal, and /dev/console")
    func controlling() throws {
        let terminal = try start(
            "echo by tty >/dev/tty; echo by console >/dev/console; stat -c %t:%T /dev/console $(tty)"
        )

        #expect(try rest(terminal) == "by tty\nby console\n88:0\n88:0\n")
    }

    @Test("/dev/console is there in a read-only /dev, too")
    func readonlyDev() throws {
        let terminal = try start("echo x >/dev/console; touch /dev/y") {
            $0.mounts[1].flags |= MountFlags.readonly
        }

        #expect(try rest(terminal) == "x\ntouch: /dev/y: Read-only file system\n")
    }

    @Test("newlines go out as they are where the plan says so", arguments: [false, true])
    func newlines(areKept: Bool) throws {
        let terminal = try start("echo a; stty -a | grep -o .onlcr") {
            $0.process.terminalKeepsNewlines = areKept
        }

        let text = try terminal.read(until: "onlcr")

        #expect(text.hasPrefix(areKept ? "a\n-onlcr" : "a\r\n onlcr"))
    }

    @Test("newlines of one more process go out as they are, too")
    func newlinesOfExec() throws {
        try agent.startIdle()
        let terminal = try agent.stream()
        var process = Plans.process(["echo", "a"])
        process.terminal = true
        process.terminalKeepsNewlines = true
        process.streams.stdin = terminal.port
        try agent.perform(.startProcess(container: "c", process: "e", process))
        try terminal.collect()
        _ = try agent.exit(of: "e")

        #expect(terminal.collected() == Array("a\n".utf8))
    }

    @Test("it has the plan's size")
    func size() throws {
        #expect(try rest(start("stty size")) == "24 80\n")
    }

    @Test("a new size is told, and the program gets SIGWINCH")
    func resize() throws {
        let terminal = try start(
            "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done")
        _ = try terminal.read(until: "ready")

        try agent.perform(.resizeTerminal(TerminalSize(container: "c", rows: 50, columns: 132)))

        #expect(try terminal.read(until: "132\r\n").hasSuffix("50 132\r\n"))
    }

    @Test("without a terminal there is no size")
    func noTerminal() throws {
        try agent.startIdle()

        let failure = try agent.refusal(
            of: .resizeTerminal(TerminalSize(container: "c", rows: 50, columns: 132)))

        #expect(failure?.message == "resize the terminal: inappropriate ioctl for device")
    }

    @Test("what is typed is echoed and read")
    func echo() throws {
        let terminal = try start("read line; echo \"got $line\"")

        try terminal.write(Array("typed\r".utf8))

        #expect(try rest(terminal) == "typed\ngot typed\n")
    }

    @Test("the key for the end of input ends it")
    func endOfInput() throws {
        let terminal = try start("cat; echo after")

        try terminal.write([4])

        #expect(try rest(terminal).hasSuffix("after\n"))
        #expect(try agent.exit().exitStatus == 0)
    }

    @Test("the key for an interrupt interrupts the foreground")
    func interrupt() throws {
        let terminal = try start("trap 'exit 9' INT; echo ready; while :; do read line; done")
        _ = try terminal.read(until: "ready")

        try terminal.write([3])
        // The shell may have begun to read just before the signal, which it then heeds after a line.
        try? terminal.write(Array("\r".utf8))

        #expect(try agent.exit().exitStatus == 9)
    }

    @Test("a host that is gone is no end of input")
    func hostGone() throws {
        let terminal = try start("echo ready; read line; echo never")
        _ = try terminal.read(until: "ready")

        terminal.close()

        let process = Plans.process(["cat", "/proc/1/comm"])
        #expect(try agent.execute(process) == Outcome(output: "sh\n"))
    }

    @Test("all that was written has come when the end is told")
    func complete() throws {
        let terminal = try start("seq 1 20000")

        let text = try rest(terminal)

        #expect(text.count == 108_894)
        #expect(text.hasSuffix("\n20000\n"))
        #expect(try agent.exit().exitStatus == 0)
    }

    @Test("the terminal belongs to the user of the process")
    func owner() throws {
        let terminal = try start("stat -c '%u %g %a' $(tty)") { $0.process.uid = 1000 }

        #expect(try rest(terminal) == "1000 5 620\n")
    }

    @Test("one more process has a terminal of its own, with a size of its own")
    func exec() throws {
        let first = try start("echo ready; read line; stty size")
        _ = try first.read(until: "ready")
        let second = try agent.stream()
        var process = Plans.process(["sh", "-c", "tty; read line; stty size"])
        process.terminal = true
        process.streams.stdin = second.port
        try agent.perform(.startProcess(container: "c", process: "e", process))
        try second.accept()
        _ = try second.read(until: "/dev/pts/1")

        try agent.perform(
            .resizeTerminal(TerminalSize(container: "c", process: "e", rows: 7, columns: 9)))
        try second.write(Array("\r".utf8))
        let secondText = try rest(second)
        try first.write(Array("\r".utf8))
        let firstText = try rest(first)

        #expect(secondText.hasSuffix("\n7 9\n"))
        #expect(firstText.hasSuffix("\n24 80\n"))
    }

    @Test("a container with a terminal leaves nothing")
    func nothingLeft() throws {
        let before = try agent.traces()
        let terminal = try start("echo x")
        _ = try rest(terminal)
        _ = try agent.exit()

        try agent.perform(.deleteContainer(container: "c"))

        let changes = try agent.traces().changes(since: before)
        #expect(changes == [])
    }
}
