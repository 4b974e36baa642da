import Linux
import Testing

@testable import VMM

@Suite struct SandboxLogTests {
    private func lines(of file: borrowing OwnedFD) throws -> [Substring] {
        String(decoding: try file.read(upTo: 1 << 20, at: 0), as: UTF8.self).split(separator: "\n")
    }

    @Test func whatAGuestDoesAgainAndAgainIsToldAFewTimes() throws {
        let file = try OwnedFD.memoryFile("log")
        let log = SandboxLog(try file.duplicate(), debug: false)
        for number in 0..<100_000 { log.complain("error \(number)") }
        let told = try lines(of: file)
        #expect(told.count == 65)
        #expect(told.first?.contains("error 0") == true)
        #expect(told.last?.contains("more of the guest's errors are not told") == true)
        // All else still is.
        log.write(.error, "of the host")
        #expect(try lines(of: file).last?.contains("of the host") == true)
    }

    @Test func whatTheGuestPrintsIsThereForDebuggingOnly() throws {
        for debug in [false, true] {
            let file = try OwnedFD.memoryFile("log")
            let log = SandboxLog(try file.duplicate(), debug: debug)
            log.write(.debug, "guest: text")
            #expect(try lines(of: file).count == (debug ? 1 : 0))
        }
    }
}
