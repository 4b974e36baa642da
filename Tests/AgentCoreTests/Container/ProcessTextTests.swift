import Protocols
import Testing

@testable import AgentCore

@Suite("What /proc says of a process")
struct ProcessTextTests {
    /// proc_pid_stat(5).
    private static let numbers =
        "41 42 43 34816 44 4194304 1 2 3 4 500 60 7 8 20 0 1 0 12345 8192000 321 18446744073709551615 1 2"

    @Test("the fields of stat are found whatever the process calls itself")
    func stat() throws {
        let process = try #require(
            ProcessText.process(stat: "40 (a ) (b) S 1) D \(Self.numbers)\n"))

        #expect(process.pid == 40)
        #expect(process.name == "a ) (b) S 1")
        #expect(process.state == UInt32(UInt8(ascii: "D")))
        #expect(process.parent == 41)
        #expect(process.terminal == 0x8800)
        #expect(process.cpuTime == 560)
        #expect(process.startTime == 12345)
        #expect(process.virtualSize == 8_192_000)
        #expect(process.residentSize == 321 * 4096)
    }

    @Test("a terminal with a high number is told as the kernel writes it")
    func terminal() throws {
        let numbers = Self.numbers.split(separator: " ").map { $0 == "34816" ? "-2147448832" : $0 }
        let process = try #require(
            ProcessText.process(stat: "40 (a) S " + numbers.joined(separator: " ")))

        #expect(process.terminal == 0x8000_8800)
    }

    @Test(
        "what is no stat is none",
        arguments: [
            "", "40", "40 (a", "40 a) S 1 2", ") (", "x (a) S \(numbers)", "40 (a) S 1 2 3",
        ])
    func noStat(text: String) {
        #expect(ProcessText.process(stat: text) == nil)
    }

    /// proc_pid_status(5): real, effective, saved, of the file system.
    @Test("the user is the effective one")
    func user() {
        let text = "Name:\tx\nUid:\t1\t4294967294\t3\t4\nGid:\t5\t6\t7\t8\n"

        #expect(ProcessText.effectiveUser(status: text) == 4_294_967_294)
    }

    @Test("the resident size is in bytes, and a thread of the kernel has none")
    func residentSize() {
        let text = "Name:\tx\nVmHWM:\t     9 kB\nVmRSS:\t     8 kB\nThreads:\t1\n"

        #expect(ProcessText.residentSize(status: text) == 8192)
        #expect(ProcessText.residentSize(status: "Name:\tx\nThreads:\t1\n") == nil)
    }

    /// proc_pid_cmdline(5).
    @Test(
        "arguments end with a zero, the last one perhaps not",
        arguments: [
            ("", []), ("a\0", ["a"]), ("a\0b\0", ["a", "b"]), ("a\0b", ["a", "b"]),
            ("a\0\0\0", ["a", "", ""]), ("\0", [""]),
        ])
    func arguments(text: String, expected: [String]) {
        #expect(ProcessText.arguments(Array(text.utf8)) == expected)
    }

    /// proc_uptime(5).
    @Test("the time since the kernel began is in ticks")
    func uptime() {
        #expect(ProcessText.uptime("1234.05 99.99\n") == 123_405)
        #expect(ProcessText.uptime("") == nil)
    }
}
