import Glibc
import Testing

@testable import ContainerRuntime
@testable import OCISpec
@testable import vmrun

struct SmallTextTests {
    @Test func columnsAreAsWideAsTheirWidestCell() {
        #expect(TextTable.text([]) == "")
        #expect(TextTable.text([["A", "B"]]) == "A  B\n")
        let rows = [["A", "B", "C"], ["longer", "", "x"], ["é", "1", ""]]
        #expect(TextTable.text(rows) == "A       B  C\nlonger     x\né       1  \n")
        #expect(TextTable.text([["A", "B"]], minimum: 6, gap: 3) == "A     B\n")
    }

    @Test func namesUsers() {
        #expect(UserName.text(of: 0) == "root")
        #expect(UserName.text(of: 4_123_456_789) == "#4123456789")
    }

    @Test(arguments: [
        ("5s", 5000), ("1m30s", 90_000), ("500ms", 500), ("1h", 3_600_000), ("1.5s", 1500),
        ("0s", 0), ("0.4ms", 0), (".5s", 500),
    ])
    func readsDurations(text: String, milliseconds: Int32) {
        #expect(Duration.milliseconds(text) == milliseconds)
    }

    @Test(arguments: [
        "", "5", "s", "5x", "-5s", "5 s", "5s5", "1.2.3s", "1e3s", "999999999h", "٣s", "½s",
        "nans", "infs", "99999999999999999999999999999999999999999999h", "5S",
    ])
    func refusesWhatIsNoDuration(text: String) {
        #expect(Duration.milliseconds(text) == nil)
    }

    @Test func tellsAProcessFromALaterOneWithItsPID() throws {
        let own = try #require(ProcessIdentity(running: getpid()))
        #expect(own.isRunning)
        #expect(!ProcessIdentity(pid: own.pid, startTime: own.startTime + 1).isRunning)
        for pid in [Int32.max, 0, -1, Int32.min] {
            #expect(ProcessIdentity(running: pid) == nil)
        }
    }
}
