import Protocols
import Testing

@testable import AgentCore

/// cpuset(7), list format; the mask is that of sched_setaffinity(2).
@Suite("Lists of processors")
struct CPUListTests {
    @Test(
        "a list is a mask of whole words",
        arguments: [
            ("0", [0b1]), ("0-3", [0b1111]), ("0,2", [0b101]), ("7-8", [0x80, 0x01]),
            ("1-2,1-2,2", [0b110]), ("63", [0, 0, 0, 0, 0, 0, 0, 0x80]), ("3-3", [0b1000]),
        ] as [(String, [UInt8])])
    func mask(text: String, bytes: [UInt8]) throws {
        let mask = try CPUList(text).mask

        #expect(Array(mask.prefix(bytes.count)) == bytes)
        #expect(mask.dropFirst(bytes.count).allSatisfy { $0 == 0 })
        #expect(mask.count == 8)
    }

    @Test("the last processor that a list may name has a place")
    func last() throws {
        let mask = try CPUList("8191").mask

        #expect(mask.count == 1024)
        #expect(mask.last == 0x80)
    }

    @Test("no list is an empty mask", arguments: ["", ","])
    func empty(text: String) throws {
        #expect(try CPUList(text).mask.isEmpty)
    }

    @Test(
        "what is no list is an error that quotes it",
        arguments: ["a", "-", "1-", "-1", "3-1", "1-2-3", "0,x", "8192", "0-99999999999999999999"])
    func bad(text: String) {
        #expect(throws: Failure(operation: "CPU list", message: "bad CPU list \"\(text)\"")) {
            try CPUList(text)
        }
    }
}
