import Foundation
import Glibc
import Linux
import Testing

/// Verbs at the same time, and verbs that are killed: nothing crashes, one wins, and all can be cleared away.
@Suite(.enabled(if: canRun)) struct RaceTests {
    @Test(arguments: [[], ["--force"]])
    func oneDeleteOfManyWins(flags: [String]) throws {
        let container = try TestContainer.stopped()
        let calls = try (0..<10).map { _ in try container.begin(["delete"] + flags + ["c"]) }
        let results = try calls.map { try ($0.status(), $0.errorText) }
        let missing = "vmrun delete failed: container does not exist\n"
        #expect(results.filter { $0.0 == 0 }.count == (flags.isEmpty ? 1 : 10))
        #expect(results.allSatisfy { $0 == (0, "") || $0 == (1, missing) }, "\(results)")
        #expect(container.bundle.containers == [])
    }

    @Test func oneStartOfManyWins() throws {
        let container = try TestContainer.created("wait")
        let calls = try (0..<8).map { _ in try container.begin(["start", "c"]) }
        let results = try calls.map { try ($0.status(), $0.errorText) }
        let running = "vmrun start failed: cannot start an already running container\n"
        #expect(results.filter { $0 == (0, "") }.count == 1)
        #expect(results.filter { $0 == (1, running) }.count == 7, "\(results)")
        #expect(container.output == "started\n")
    }

    @Test func oneCreateOfManyWins() throws {
        let container = try TestContainer(["wait"])
        let calls = try (0..<6).map { _ in try Invocation(container.bundle, ["create"]) }
        let results = try calls.map { try ($0.status(), $0.errorText) }
        let taken = "vmrun create failed: container with given ID already exists\n"
        #expect(results.filter { $0 == (0, "") }.count == 1)
        #expect(results.filter { $0 == (1, taken) }.count == 5, "\(results)")
        #expect(container.status == "created")
    }

    @Test(arguments: 0..<6)
    func startAndDeleteAtOnce(round: Int) throws {
        let container = try TestContainer.created("wait")
        let start = try container.begin(["start", "c"])
        usleep(UInt32(round) * 3000)
        let delete = try container.begin(["delete", "c"])
        let results = (try start.status(), try delete.status())
        switch results {
        case (0, 1):
            let text = "cannot delete container c that is not stopped: running"
            #expect(delete.errorText == "vmrun delete failed: \(text)\n")
        case (1, 0):
            #expect(start.errorText == "vmrun start failed: container does not exist\n")
        default: Issue.record("\(results) \(start.errorText) \(delete.errorText)")
        }
    }

    @Test func deletesWhileOthersAsk() throws {
        let container = try TestContainer.running("wait")
        let calls = try [
            ["state", "c"], ["list"], ["ps", "c"], ["exec", "c", "exit", "0"], ["kill", "c", "10"],
            ["delete", "--force", "c"], ["state", "c"], ["pause", "c"], ["events", "--stats", "c"],
        ].map { try container.begin($0) }
        // A process of exec may have been killed with its container.
        for call in calls { #expect([0, 1, 137, 255].contains(try call.status())) }
        #expect(container.bundle.containers == [])
    }

    static let moments = Array(stride(from: 0, to: 60, by: 3))

    @Test(arguments: moments)
    func aKilledCreateLeavesNothing(milliseconds: Int) throws {
        let container = try TestContainer(["wait"])
        let call = try Invocation(container.bundle, ["create"])
        usleep(UInt32(milliseconds * 1000))
        call.child.signal(SIGKILL)
        if try call.status() == 0 { return try expectClears(container) }
        #expect(eventually { container.bundle.containers == [] || container.status == "created" })
        try expectClears(container)
    }

    @Test(arguments: moments)
    func aKilledExecLeavesTheContainer(milliseconds: Int) throws {
        let container = try TestContainer.running("wait")
        let call = try container.begin(["exec", "c", "wait"])
        usleep(UInt32(milliseconds * 1000))
        call.child.signal(SIGKILL)
        #expect(try call.status() == 137)
        #expect(container.status == "running")
        #expect(try container.call("exec", "c", "exit", "5") == Outcome(status: 5))
        try expectClears(container)
    }

    @Test(arguments: moments)
    func aKilledStartLeavesACreatedOrARunningOne(milliseconds: Int) throws {
        let container = try TestContainer.created("wait")
        let call = try container.begin(["start", "c"])
        usleep(UInt32(milliseconds * 1000))
        call.child.signal(SIGKILL)
        _ = try call.status()
        #expect(["created", "running"].contains(container.status))
        #expect(container.bundle.state != nil)
        try expectClears(container)
    }

    @Test(arguments: moments)
    func aKilledDeleteCanBeRepeated(milliseconds: Int) throws {
        let container = try TestContainer.running("wait")
        let call = try container.begin(["delete", "--force", "c"])
        usleep(UInt32(milliseconds * 1000))
        call.child.signal(SIGKILL)
        _ = try call.status()
        try expectClears(container)
    }

    private func expectClears(_ container: TestContainer) throws {
        let pid = container.pid
        #expect(try container.call("delete", "--force", "c") == .quiet)
        #expect(container.bundle.containers.filter { !$0.hasPrefix("new@") } == [])
        if let pid { #expect(kill(pid, 0) == -1 || isZombie(Int(pid))) }
    }
}
