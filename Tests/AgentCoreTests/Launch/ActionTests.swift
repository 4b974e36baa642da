import Linux
import Protocols
import Testing

@testable import AgentCore

@Suite("Failures of steps")
struct ActionTests {
    @Test("a failure says what was being done, and the error of the kernel")
    func step() {
        #expect(
            Action.step("pivot_root").failure(.notPermitted)
                == Failure(
                    operation: "pivot_root", errorNumber: 1,
                    message: "pivot_root: operation not permitted"))
        #expect(
            Action.path("mount at", "/x").failure(.noSuchFile).message
                == "mount at \"/x\": no such file or directory")
    }

    /// As Go's os/exec has them.
    @Test("a program that is not found or not executable is told as runc does")
    func look() {
        let searched = Action.look(name: "sh", path: "").failure(.noSuchFile)
        let named = Action.look(name: "/sh", path: "/sh").failure(.noSuchFile)
        let denied = Action.look(name: "/sh", path: "/sh").failure(.permissionDenied)

        #expect(searched.message == "exec: \"sh\": executable file not found in $PATH")
        #expect(named.message == "exec: \"/sh\": stat /sh: no such file or directory")
        #expect(denied.message == "exec: \"/sh\": permission denied")
        #expect(
            [searched.kind, named.kind, denied.kind]
                == [.programNotFound, .programNotFound, .programNotExecutable])
    }

    @Test("a step that no program has is still a failure")
    func unknownStep() {
        let failure = Program().failure(step: 3, error: .io)

        #expect(failure == Failure(errorNumber: 5, message: "launch: input/output error"))
    }
}
