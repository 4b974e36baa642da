import Protocols
import Testing

@testable import ContainerRuntime
@testable import OCISpec

/// Files of a cgroup that a guest has written.
struct StatisticsTests {
    private func files(_ texts: [String: String]) -> CgroupFiles {
        CgroupFiles(texts.map { Assignment(name: $0.key, value: $0.value) })
    }

    private func path(_ names: String..., in statistics: ContainerStatistics) -> JSONValue? {
        names.reduce(statistics.json) { (value: JSONValue?, name) in value?[name] }
    }

    @Test func everythingMayBeMissing() {
        let statistics = ContainerStatistics(files([:]))
        #expect(path("cpu", "usage", "total", in: statistics) == .number("0"))
        #expect(path("memory", "usage", "limit", in: statistics) == .number("0"))
        #expect(path("memory", "raw", in: statistics) == .object([]))
        #expect(path("pids", "limit", in: statistics) == .number("0"))
        #expect(path("blkio", "ioServicedRecursive", in: statistics) == .array([]))
    }

    @Test(arguments: ["", "\n", "-1", "1.5", "0x10", "99999999999999999999", "maxx", "\0", "é"])
    func nonsenseCountsAsMissing(text: String) {
        let files = files([
            "memory.current": text, "cpu.stat": "usage_usec \(text)\n", "pids.max": text,
            "io.stat": "8:0 rbytes=\(text)\n\(text)\n8:\(text) rbytes=1\n", "memory.stat": text,
        ])
        #expect(files.number("memory.current") == nil)
        #expect(files.value("usage_usec", of: "cpu.stat") == 0)
        #expect(files.table("memory.stat").isEmpty)
        #expect(files.devices("io.stat").allSatisfy { $0.value == 1 })
        _ = ContainerStatistics(files).json
    }

    @Test func hugeNumbersDoNotOverflow() {
        let most = String(UInt64.max)
        let files = files([
            "cpu.stat": "usage_usec \(most)\nthrottled_usec \(most)\n", "memory.current": most,
            "pids.current": "max", "pids.max": "max", "memory.max": "max",
            "io.stat": "\(most):\(most) rbytes=\(most)",
        ])
        let statistics = ContainerStatistics(files)
        #expect(path("memory", "usage", "usage", in: statistics) == .number(most))
        #expect(path("memory", "usage", "limit", in: statistics) == .number(most))
        #expect(path("pids", "limit", in: statistics) == .number("0"))
        _ = statistics.json.text()
    }

    @Test func theFirstOfEqualNamesCounts() {
        let files = CgroupFiles([
            Assignment(name: "pids.max", value: "1"), Assignment(name: "pids.max", value: "2"),
        ])
        #expect(files.number("pids.max") == 1)
        let table = self.files(["cpu.stat": "a 1\na 2\nb\nc 1 2\n"])
        #expect(table.value("a", of: "cpu.stat") == 1)
        #expect(table.table("cpu.stat").count == 2)
    }

    /// Keys come from the guest, too, and the answer stays one line of JSON.
    @Test func keysAreEscaped() {
        let files = files(["memory.stat": "a\"\u{1b}\\ 1\n"])
        let text = ContainerStatistics(files).json.text()
        #expect(text.contains(#""raw":{"a\"\u001b\\":1}"#), "\(text)")
        #expect(!text.contains("\n"))
    }

    @Test func readsDevices() {
        let devices = files(["io.stat": "8:16 rbytes=1 wbytes=2 x\n8 rbytes=1\n:: a=1\n"])
            .devices("io.stat")
        #expect(devices.map(\.key) == ["rbytes", "wbytes"])
        #expect(devices.map(\.value) == [1, 2])
        #expect(devices.allSatisfy { $0.major == 8 && $0.minor == 16 })
    }
}
