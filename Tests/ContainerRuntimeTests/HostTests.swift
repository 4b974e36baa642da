import Linux
import Testing

@testable import ContainerRuntime
@testable import OCISpec

@Suite struct HostTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00"), (951_782_399, "2000-02-28T23:59:59"),
        (951_782_400, "2000-02-29T00:00:00"), (1_709_251_199, "2024-02-29T23:59:59"),
        (4_102_444_800, "2100-01-01T00:00:00"), (1_798_761_599, "2026-12-31T23:59:59"),
    ])
    func writesTimesAsRFC3339(second: UInt64, text: String) {
        let moment = second * 1_000_000_000
        #expect(WallClock.text(ofNanosecond: moment) == text + ".000000000Z")
        #expect(WallClock.text(ofNanosecond: moment + 7) == text + ".000000007Z")
        #expect(WallClock.text(ofNanosecond: moment + 999_999_999) == text + ".999999999Z")
    }

    static let sizes: [(text: String, size: UInt64?)] = [
        ("268435456", 268_435_456), ("512M", 512 << 20), ("512MiB", 512 << 20),
        ("2g", 2 << 30), ("1k", 1024), ("", nil), ("M", nil), ("1.5G", nil), ("-1", nil),
        ("99999999999G", nil), ("1 G", nil),
    ]

    @Test(arguments: sizes) func readsSizes(row: (text: String, size: UInt64?)) {
        #expect(ByteCount.parse(row.text) == row.size)
    }

    @Test func findsItsPartsBesideItself() throws {
        let installation = try Installation(
            overrides: Installation.Overrides(), environment: [:], program: "/opt/x/bin/vmrun")
        #expect(installation.kernel == "/opt/x/share/vmrun/vmlinux")
        #expect(installation.image == "/opt/x/share/vmrun/agent.cpio")
        #expect(installation.sandbox == "/opt/x/share/vmrun/vmrun-sandbox")
    }

    @Test func prefersFlagsToTheEnvironment() throws {
        let installation = try Installation(
            overrides: Installation.Overrides(kernel: "/flag"),
            environment: ["VMRUN_KERNEL": "/variable", "VMRUN_IMAGE": "/image"],
            program: "/bin/vmrun")
        #expect(installation.kernel == "/flag")
        #expect(installation.image == "/image")
    }

    @Test func findsTheFolderOfTemplates() throws {
        let none = try Installation(
            overrides: Installation.Overrides(), environment: [:], program: "/bin/vmrun")
        let named = try Installation(
            overrides: Installation.Overrides(), environment: ["VMRUN_TEMPLATES": "/t"],
            program: "/bin/vmrun")
        #expect(none.templates == nil)
        #expect(named.templates == "/t")
    }

    @Test func readsTheSettingsFile() throws {
        let text = #"{"kernel": "/k", "memory": "1G", "cpus": 2, "templates": "/t"}"#
        let settings = try SettingsFile(JSONParser.parse(Array(text.utf8)))
        #expect(settings.kernel == "/k")
        #expect(settings.templates == "/t")
        #expect(settings.memorySize == 1 << 30)
        #expect(settings.cpuCount == 2)
        #expect(!settings.hasUserNetwork)
        let other = #"{"network": "user", "passt": "/p"}"#
        let network = try SettingsFile(JSONParser.parse(Array(other.utf8)))
        #expect(network.hasUserNetwork && network.passt == "/p")
    }

    @Test(arguments: [
        (#"{"kernal": "/k"}"#, "kernal: there is no such setting"),
        (#"{"kernel": 1}"#, "kernel: expected a string, found a number"),
        (#"{"kernel": "k"}"#, "kernel: must be an absolute path"),
        (#"{"templates": "t"}"#, "templates: must be an absolute path"),
        (#"{"network": "host"}"#, #"network: is not "user""#),
        (#"{"cpus": 0}"#, "cpus: is not between 1 and 64"),
        (#"{"memory": "1M"}"#, #"memory: is not a size between 64 MiB and 1 TiB, such as "512M""#),
        ("[]", "expected an object, found a list"),
    ])
    func refusesWrongSettings(text: String, message: String) {
        #expect(
            refusal { try SettingsFile(JSONParser.parse(Array(text.utf8))) } == message)
    }

    @Test func namesSignals() {
        #expect(SignalName.text(of: 9) == "SIGKILL")
        #expect(SignalName.text(of: 31) == "SIGSYS")
        #expect(SignalName.text(of: 40) == "signal 40")
    }
}
