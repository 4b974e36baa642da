import Linux
import Protocols
import Testing

@testable import ContainerRuntime

/// What a hostile guest may say of itself.
struct GuestTextTests {
    private func text(_ process: GuestProcess, _ options: String...) throws -> String {
        let columns = try ProcessColumn.chosen(by: options)
        return ProcessTable([process]).text(columns)
    }

    @Test func printsTheLargestNumbers() throws {
        var process = GuestProcess()
        (process.pid, process.parent, process.uid) = (UInt32.max, UInt32.max, UInt32.max)
        (process.state, process.terminal) = (UInt32.max, UInt32.max)
        (process.cpuTime, process.startTime, process.uptime) = (.max, .max, .max)
        (process.virtualSize, process.residentSize) = (.max, .max)
        for column in ProcessColumn.allCases { _ = column.text(process) }
        process.startTime = 0
        for column in ProcessColumn.allCases { _ = column.text(process) }
        #expect(ProcessColumn.virtualSize.text(process) == String(UInt64.max >> 10))
    }

    @Test func aProcessOfTheFutureHasNoAge() {
        var process = GuestProcess()
        (process.startTime, process.uptime) = (500, 100)
        #expect(ProcessColumn.elapsed.text(process) == "00:00:00")
        #expect(ProcessColumn.cpu.text(process) == "0")
    }

    /// Whoever reads the table must not be told to clear his screen, or see rows that are none.
    @Test(arguments: [
        "\u{1b}[2J", "a\nb", "a\rb", "a\u{9b}b", "a\0b", "\u{7f}", "a\r\nb", "\u{85}",
    ])
    func printsNoControlCharacters(name: String) throws {
        var process = GuestProcess()
        process.name = name
        process.arguments = [name, name]
        let text = try text(process, "-o", "comm,args")
        let body = text.split(separator: "\n").dropFirst()
        #expect(body.count == 1)
        #expect(
            text.unicodeScalars.allSatisfy {
                $0 == "\n" || $0.properties.generalCategory != .control
            })
        #expect(text.contains("?"))
    }

    @Test func namesTerminals() {
        var process = GuestProcess()
        let names: [(UInt32, String)] = [
            (0, "?"), (0x8800, "pts/0"), (0x8803, "pts/3"), (0x8900, "pts/256"),
            (0x0010_8801, "pts/257"), (0x0401, "?"), (UInt32.max, "?"),
        ]
        for (device, name) in names {
            process.terminal = device
            #expect(ProcessColumn.terminal.text(process) == name, "\(device)")
        }
    }

    @Test func choosesColumns() throws {
        #expect(try ProcessColumn.chosen(by: ["-eo", "pid,cmd"]) == [.pid, .command])
        #expect(try ProcessColumn.chosen(by: ["-opid", "-o", "ppid"]) == [.pid, .ppid])
        #expect(try ProcessColumn.chosen(by: ["-o", ""]).count == 8)
        #expect(try ProcessColumn.chosen(by: ["-o"]).count == 8)
        #expect(throws: RuntimeError.self) { try ProcessColumn.chosen(by: ["-o", "pid,,x"]) }
        #expect(throws: RuntimeError.self) { try ProcessColumn.chosen(by: ["--forest"]) }
    }

    /// Those who read the table look for them there.
    @Test func alignsNumbersAsPsDoes() throws {
        var process = GuestProcess()
        (process.pid, process.state, process.arguments) = (12, 0x53, ["sh"])
        #expect(
            try text(process, "-e", "-x") == """
                    PID TTY STAT     TIME COMMAND
                     12 ?   S    00:00:00 sh

                """)
        #expect(try text(process, "-o", "pid,rss") == "    PID RSS\n     12   0\n")
        process.pid = .max
        #expect(try text(process, "-o", "pid,tty") == "       PID TTY\n4294967295 ?\n")
    }

    @Test func sortsByPID() throws {
        let processes = [3, 1, 2].map { (number: UInt32) in
            var process = GuestProcess()
            process.pid = number
            return process
        }
        #expect(
            ProcessTable(processes).text([.name, .pid]).split(separator: "\n").map(\.last) == [
                "D", "1", "2", "3",
            ])
        #expect(ProcessTable([]).text([.pid, .command]) == "    PID CMD\n")
    }
}
