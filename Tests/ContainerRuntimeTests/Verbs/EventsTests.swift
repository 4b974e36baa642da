import Foundation
import Glibc
import Testing

/// The verb `events`.
@Suite(.enabled(if: canRun)) struct EventsTests {
    private static let statistics =
        #"{"type":"stats","id":"c","data":{"cpu":{"usage":{"total":3000000,"kernel":2000000,"#
        + #""user":1000000},"throttling":{"periods":4,"throttledPeriods":1,"#
        + #""throttledTime":500000}},"cpuset":{},"memory":{"cache":2048,"usage":{"limit":8192,"#
        + #""usage":4096,"max":6144,"failcnt":7},"swap":{"limit":18446744073709551615,"usage":0,"#
        + #""max":0,"failcnt":0},"kernel":{"limit":0,"failcnt":0},"kernelTCP":{"limit":0,"#
        + #""failcnt":0},"raw":{"anon":1024,"file":2048}},"pids":{"current":2,"limit":0},"blkio":"#
        + #"{"ioServiceBytesRecursive":[{"major":254,"minor":0,"op":"Read","value":512},"#
        + #"{"major":254,"minor":0,"op":"Write","value":1024}],"ioServicedRecursive":[{"major":254,"#
        + #""minor":0,"op":"Read","value":1},{"major":254,"minor":0,"op":"Write","value":2}]},"#
        + #""hugetlb":{},"intel_rdt":{},"network_interfaces":null}}"# + "\n"

    @Test func printsStatisticsOnce() throws {
        let container = try TestContainer.running("wait")
        #expect(try container.call("events", "--stats", "c") == .says(Self.statistics))
    }

    @Test func printsStatisticsAgainAndAgainToTheEnd() throws {
        let container = try TestContainer.running("wait")
        let call = try container.begin(["events", "--interval", "100ms", "c"])
        #expect(eventually { call.outputText.hasPrefix(Self.statistics + Self.statistics) })
        #expect(try container.call("kill", "c", "9") == .quiet)
        #expect(try call.status() == 0)
        #expect(call.errorText == "")
    }

    @Test func tellsOfEachOutOfMemoryKill() throws {
        let container = try TestContainer.running("oom")
        let call = try container.begin(["events", "--interval", "1h", "c"])
        let line = #"{"type":"oom","id":"c"}"# + "\n"
        #expect(eventually { call.outputText == line + line })
        #expect(try container.call("kill", "c", "9") == .quiet)
        #expect(try call.status() == 0)
    }

    @Test func saysNothingOfKillsBeforeItsTime() throws {
        let container = try TestContainer.running("oom-before")
        let call = try container.begin(["events", "--interval", "1500ms", "c"])
        #expect(eventually { call.outputText.contains("stats") })
        #expect(!call.outputText.contains("oom"))
        #expect(try container.call("kill", "c", "9") == .quiet)
        #expect(try call.status() == 0)
    }

    @Test(arguments: ["0s", "-1s", "5", "s", "1x", "1e400s", "999999999h", "0.0001ms"])
    func refusesIntervals(text: String) throws {
        let container = try TestContainer(["wait"])
        let expected = Outcome.fails("events", "duration interval must be greater than 0")
        #expect(try container.call("events", "--interval=\(text)", "c") == expected)
    }
}
