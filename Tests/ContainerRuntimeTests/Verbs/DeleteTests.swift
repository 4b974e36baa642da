import Foundation
import Glibc
import Testing

@Suite(.enabled(if: canRun)) struct DeleteTests {
    @Test func forcedIsContentWithoutAContainer() throws {
        let container = try TestContainer(["wait"])
        #expect(try container.call("delete", "--force", "c") == .quiet)
        #expect(try container.call("delete", "-f", "c") == .quiet)
        #expect(try container.call("--root", "/nonexistent", "delete", "-f", "c") == .quiet)
    }

    @Test(arguments: ["created", "running", "paused"])
    func forcedEndsOneThatLives(state: String) throws {
        let container = try TestContainer.created("wait")
        if state != "created" { #expect(try container.call("start", "c") == .quiet) }
        if state == "paused" { #expect(try container.call("pause", "c") == .quiet) }
        let pid = try #require(container.pid)
        #expect(try container.call("delete", "--force", "c") == .quiet)
        #expect(kill(pid, 0) == -1 || isZombie(Int(pid)))
        #expect(container.bundle.containers == [])
        #expect(try container.call("delete", "--force", "c") == .quiet)
    }

    @Test func endsOneThatHasNotStarted() throws {
        let container = try TestContainer.created("wait")
        #expect(try container.call("delete", "c") == .quiet)
        #expect(container.bundle.containers == [])
    }

    @Test(arguments: [[], ["--force"]])
    func removesOneWhoseSandboxWasKilled(flags: [String]) throws {
        let container = try TestContainer.running("wait")
        kill(try #require(container.pid), SIGKILL)
        #expect(eventually { container.status == "stopped" })
        #expect(try container.call(["delete"] + flags + ["c"]) == .quiet)
        #expect(container.bundle.containers == [])
    }

    @Test func knowsContainersOfEarlierVersions() throws {
        let container = try TestContainer.running("wait")
        let file = container.bundle.root + "/c/state.json"
        var state = try #require(container.bundle.state)
        state["interfaces"] = ["eth0"]
        try JSONSerialization.data(withJSONObject: state).write(to: URL(fileURLWithPath: file))
        #expect(container.status == "running")
        for name in [
            "memorySize", "cgroups", "networkPath", "hasUserNetwork", "interfaces", "networkPid",
            "networkStartTime",
        ] {
            #expect(state.removeValue(forKey: name) != nil)
        }
        try JSONSerialization.data(withJSONObject: state).write(to: URL(fileURLWithPath: file))
        #expect(container.status == "running")
        #expect(try container.call("delete", "--force", "c") == .quiet)
        #expect(eventually { !container.isAlive })
    }

    /// As crun has it.
    @Test func takesAllWhoseNamesMatch() throws {
        let container = try TestContainer.running("wait")
        for id in ["web-1", "web-2", "other"] {
            let creator = try Invocation(container.bundle, ["create"], id: id)
            try #require(creator.status() == 0, "\(creator.errorText)")
        }
        #expect(try container.call("start", "web-2") == .quiet)
        let stopped = "cannot delete container web-2 that is not stopped: running"
        #expect(try container.call("delete", "--regex", "^web") == .fails("delete", stopped))
        #expect(container.bundle.containers.sorted() == ["c", "other", "web-2"])
        #expect(try container.call("delete", "-f", "-r", "web-*|xyz") == .quiet)
        #expect(container.bundle.containers.sorted() == ["c", "other"])
        #expect(try container.call("delete", "--regex", "nobody") == .quiet)
        #expect(
            try container.call("delete", "--regex", "(")
                == .fails("delete", "invalid regular expression: ("))
    }

    /// What a crash leaves: no state.json, half of one, or no JSON at all.
    @Test(arguments: [nil, "", "{\"ociVersion\": \"1.2", "[]", "{\"pid\": 1e99}"])
    func forcedRemovesTheRemainsOfACrash(state: String?) throws {
        let container = try TestContainer(["wait"])
        let folder = container.bundle.root + "/c"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try state?.write(toFile: folder + "/state.json", atomically: false, encoding: .utf8)
        try "x".write(toFile: folder + "/sandbox.log", atomically: false, encoding: .utf8)
        let missing = Outcome.fails("delete", "container does not exist")
        #expect(try container.call("delete", "c") == missing)
        #expect(try container.call("delete", "--force", "c") == .quiet)
        #expect(container.bundle.containers == [])
    }

    /// A pid that is another process's by now is left alone.
    @Test func doesNotKillAnotherProcess() throws {
        let container = try TestContainer.stopped()
        let file = container.bundle.root + "/c/state.json"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let old = try #require(container.pid)
        try text.replacing("\"pid\":\(old)", with: "\"pid\":\(getpid())").write(
            toFile: file, atomically: false, encoding: .utf8)
        #expect(container.status == "stopped")
        #expect(try container.call("delete", "--force", "c") == .quiet)
        #expect(container.bundle.containers == [])
    }

    /// A verb that waits for a guest without an answer does not hold up the end.
    @Test(arguments: ["start", "pause", "exec", "ps"])
    func forcedEndsOneWhoseGuestDoesNotAnswer(verb: String) throws {
        let container = try TestContainer.created("deaf")
        let call = try container.begin(verb == "exec" ? ["exec", "c", "wait"] : [verb, "c"])
        usleep(300_000)
        #expect(try container.call("delete", "--force", "c") == .quiet)
        #expect(container.bundle.containers == [])
        #expect(try call.status() != 0)
    }
}
