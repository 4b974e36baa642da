import Foundation
import Glibc
import Linux
import Testing

/// `exec --detach`, and the process on the host that stands for the one in the guest.
@Suite(.enabled(if: canRun)) struct ExecDetachTests {
    private let container: TestContainer
    private var file: String { container.bundle.folder + "/exec.pid" }

    init() throws {
        container = try .running("wait")
    }

    /// The pid of the file, which has no newline.
    private func standIn() throws -> pid_t {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        return try #require(pid_t(text), "\(text)")
    }

    /// As conmon and containerd's shim call it: they collect the stand-in.
    private func detached(_ arguments: String...) throws -> Invocation {
        try Invocation(
            ["exec", "--detach", "--pid-file", file, "c"] + arguments, in: container.bundle,
            under: [Invocation.products + "/FakeSandbox", "reap", file])
    }

    @Test(arguments: [0, 3, 127, 255])
    func theStandInEndsWithTheProcesssStatus(status: Int32) throws {
        #expect(try detached("exit", String(status)).status() == status)
    }

    @Test func returnsAtOnceAndLeavesTheStandIn() throws {
        let outcome = try container.call("exec", "-d", "--pid-file", file, "c", "wait")
        #expect(outcome.status == 0)
        let pid = try standIn()
        #expect(kill(pid, 0) == 0)
        let list = "[\(try #require(container.pid)),\(pid)]\n"
        #expect(try container.call("ps", "--format", "json", "c") == .says(list))
        kill(pid, SIGKILL)
    }

    @Test func signalsToTheStandInReachTheProcess() throws {
        let call = try detached("wait")
        #expect(eventually { call.outputText == "started\n" && (try? standIn()) != nil })
        kill(try standIn(), SIGUSR1)
        #expect(eventually { call.outputText == "started\nsignal 10\n" })
        kill(try standIn(), SIGTERM)
        #expect(try call.status() == 143)
        #expect(call.outputText == "started\nsignal 10\nsignal 15\n")
    }

    @Test func theDeathOfTheStandInIsThatOfTheProcess() throws {
        let call = try detached("wait")
        #expect(eventually { call.outputText == "started\n" && (try? standIn()) != nil })
        kill(try standIn(), SIGKILL)
        #expect(try call.status() == 137)
        #expect(eventually { container.output == "started\nlost wait\n" })
        let list = "[\(try #require(container.pid))]\n"
        #expect(try container.call("ps", "--format", "json", "c") == .says(list))
    }

    @Test(arguments: ["kill", "sigkill"])
    func theEndOfTheContainerIsThatOfTheStandIn(way: String) throws {
        let call = try detached("wait")
        #expect(eventually { call.outputText == "started\n" && (try? standIn()) != nil })
        if way == "kill" {
            #expect(try container.call("kill", "c", "TERM") == .quiet)
            #expect(try call.status() == 137)
        } else {
            kill(try #require(container.pid), SIGKILL)
            // Nobody can say how the process has ended.
            #expect(try call.status() == 255)
        }
    }

    @Test func readsItsInputAfterTheVerbHasReturned() throws {
        let pipe = try OwnedFD.pipe()
        let outcome = try Invocation(
            ["exec", "-d", "--pid-file", file, "c", "cat"], in: container.bundle,
            input: pipe.first.rawValue)
        #expect(try outcome.status() == 0)
        try pipe.second.writeAll(Array("later".utf8))
        #expect(eventually { outcome.outputText == "later" })
        kill(try standIn(), SIGKILL)
    }

    @Test func failsWithoutAPIDFileAndEndsTheProcess() throws {
        let path = "/nonexistent/pid"
        let outcome = try container.call("exec", "-d", "--pid-file", path, "c", "wait")
        #expect(outcome.status == 255)
        #expect(
            outcome.errors == "vmrun exec failed: write \(path): no such file or directory\n")
        #expect(eventually { container.output == "started\nlost wait\n" })
    }

    @Test func writesNoPIDFileForWhatCannotBeExecuted() throws {
        let outcome = try container.call("exec", "-d", "--pid-file", file, "c", "missing")
        #expect(outcome.status == 255)
        #expect(!FileManager.default.fileExists(atPath: file))
    }
}
