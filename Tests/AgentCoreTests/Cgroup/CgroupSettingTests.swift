import Protocols
import Testing

@testable import AgentCore

/// The formats of "Control Group v2" in the kernel's documentation.
@Suite("Settings that are put back")
struct CgroupSettingTests {
    @Test(
        "what was before is what is written back",
        arguments: [
            ("1", "max\n", "max\n"),
            ("50000 100000", "max 100000\n", "max 100000\n"),
            ("0-1", "\n", "\n"),
            ("", "0-3\n", "0-3\n"),
            // One line of several.
            ("8:0 rbps=5", "8:0 rbps=7 wbps=max\n8:16 rbps=1\n", "8:0 rbps=7 wbps=max"),
            ("8:0 100", "default 50\n8:0 60\n", "8:0 60"),
            ("default 100", "default 50\n8:0 60\n", "default 50"),
            ("100", "default 50\n8:0 60\n", "default 50"),
            // A line that there was not.
            ("8:0 rbps=5 wiops=6", "8:16 rbps=1\n", "8:0 rbps=max wiops=max"),
            ("8:0 100", "default 50\n", "8:0 default"),
        ])
    func undoing(value: String, before: String, expected: String) {
        let setting = Assignment(name: "file", value: value)

        let undoing = setting.undoing(before: before)

        #expect(undoing == Assignment(name: "file", value: expected))
    }
}
