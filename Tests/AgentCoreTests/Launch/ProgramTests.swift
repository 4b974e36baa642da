import CAgent
import Linux
import Protocols
import Testing

@testable import AgentCore

/// Programs of steps that are no system calls, carried out in this process. Which way a program went shows in the
/// error that it ends with.
@Suite("Programs of steps")
struct ProgramTests {
    private static let here = Action.step("here")

    /// The number of the error that ends the program, or 0.
    private func end(_ write: (inout Program) -> Void) -> UInt32 {
        var program = Program()
        write(&program)
        do throws(Failure) {
            try program.run()
            return 0
        } catch {
            return error.errorNumber
        }
    }

    private func fail(
        _ program: inout Program, _ number: UInt64, tolerating errors: [Int32] = []
    ) -> Int {
        program.add(.fail, .number(number), tolerating: errors, doing: Self.here)
    }

    @Test("steps are carried out to the end")
    func complete() {
        #expect(end { $0.add(.value, .number(1), doing: Self.here) } == 0)
        #expect(end { _ in } == 0)
    }

    @Test("the first step that fails is the last")
    func failure() {
        let number = end {
            _ = fail(&$0, 5)
            _ = fail(&$0, 6)
        }

        #expect(number == 5)
    }

    @Test(
        "up to four errors are tolerated",
        arguments: [(1, 0), (5, 0), (6, 6)] as [(UInt64, UInt32)])
    func tolerated(number: UInt64, expected: UInt32) {
        #expect(end { _ = fail(&$0, number, tolerating: [1, 2, 3, 5]) } == expected)
    }

    @Test(
        "a tolerated error goes on where it says",
        arguments: [(2, 8), (3, 3)] as [(UInt64, UInt32)])
    func toleratedJump(number: UInt64, expected: UInt32) {
        let end = end {
            let first = fail(&$0, number, tolerating: [2])
            _ = fail(&$0, 7)
            $0.onTolerated(of: [first])
            _ = fail(&$0, 8)
        }

        #expect(end == expected)
    }

    @Test("success goes on where it says")
    func successJump() {
        let end = end {
            let first = $0.add(.value, .number(0), doing: Self.here)
            let jump = $0.jump()
            _ = fail(&$0, 7)
            $0.onSuccess(of: [first, jump])
            _ = fail(&$0, 8)
        }

        #expect(end == 8)
    }

    @Test(
        "a step depends on a register", arguments: [(true, false), (false, true)])
    func condition(hasFailed: Bool, whenSucceeded: Bool) {
        let end = end {
            let register = $0.register()
            let call: SystemCall = hasFailed ? .fail : .value
            $0.add(call, .number(2), result: register, tolerating: [2], doing: Self.here)
            _ = fail(&$0, 7)
            if whenSucceeded { $0.onlyIfSucceeded(register) } else { $0.onlyIfFailed(register) }
        }

        #expect(end == 7)
    }

    @Test(
        "a step is left out where the register says so", arguments: [(true, true), (false, false)])
    func skipped(hasFailed: Bool, whenSucceeded: Bool) {
        let end = end {
            let register = $0.register()
            let call: SystemCall = hasFailed ? .fail : .value
            $0.add(call, .number(2), result: register, tolerating: [2], doing: Self.here)
            _ = fail(&$0, 7)
            if whenSucceeded { $0.onlyIfSucceeded(register) } else { $0.onlyIfFailed(register) }
        }

        #expect(end == 0)
    }

    @Test("a register carries a result to another step")
    func register() {
        let end = end {
            let register = $0.register()
            $0.add(.value, .number(9), result: register, doing: Self.here)
            $0.add(.fail, .register(register), doing: Self.here)
        }

        #expect(end == 9)
    }

    @Test("system calls get their arguments")
    func systemCall() throws {
        var program = Program()
        let file = program.register()
        let name = "program-\(UInt32.random(in: 0...UInt32.max))"
        program.add(
            .openat, .number(OpenFlags.workingDirectory), .text("/dev/null"),
            .number(OpenFlags.writeOnly | OpenFlags.closeOnExec), .number(0), result: file,
            doing: Self.here)
        program.add(.write, .register(file), .bytes([1, 2]), .number(2), doing: Self.here)
        program.add(
            .faccessat, .number(OpenFlags.workingDirectory), .text("/nowhere/\(name)"), .number(0),
            doing: .path("look for", name))

        let failure = #expect(throws: Failure.self) { try program.run() }

        #expect(failure?.message == "look for \"\(name)\": no such file or directory")
    }
}
