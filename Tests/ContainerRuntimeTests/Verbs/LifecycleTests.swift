import Foundation
import Glibc
import Testing

/// The life of a container from call to call.
@Suite(.enabled(if: canRun)) struct LifecycleTests {
    @Test func goesThroughAWholeLife() throws {
        let container = try TestContainer.created("wait")
        #expect(container.status == "created")
        #expect(container.output == "")
        #expect(try container.call("start", "c") == .quiet)
        #expect(container.status == "running")
        #expect(try container.call("exec", "c", "exit", "5") == Outcome(status: 5))
        #expect(try container.call("pause", "c") == .quiet)
        #expect(container.status == "paused")
        #expect(try container.call("resume", "c") == .quiet)
        #expect(container.status == "running")
        #expect(try container.call("kill", "c", "USR1") == .quiet)
        #expect(eventually { container.output == "started\nsignal 10\n" })
        #expect(try container.call("kill", "c") == .quiet)
        #expect(eventually { container.status == "stopped" })
        #expect(container.output == "started\nsignal 10\nsignal 15\n")
        #expect(try container.call("delete", "c") == .quiet)
        #expect(container.bundle.containers == [])
    }

    /// What is not allowed in which state, in runc's words.
    static let refusals: [(state: String, call: [String], text: String)] = [
        ("created", ["resume", "c"], "container not paused"),
        ("running", ["start", "c"], "cannot start an already running container"),
        ("running", ["resume", "c"], "container not paused"),
        ("running", ["delete", "c"], "cannot delete container c that is not stopped: running"),
        ("paused", ["start", "c"], "cannot start a container in the paused state"),
        ("paused", ["pause", "c"], "container not running"),
        ("paused", ["delete", "c"], "cannot delete container c that is not stopped: paused"),
        (
            "paused", ["exec", "c", "exit", "0"],
            "cannot exec in a paused container (use --ignore-paused to override)"
        ),
        ("stopped", ["start", "c"], "cannot start a container that has stopped"),
        ("stopped", ["pause", "c"], "container not running"),
        ("stopped", ["resume", "c"], "container not paused"),
        ("stopped", ["kill", "c", "9"], "container not running"),
        ("stopped", ["exec", "c", "exit", "0"], "cannot exec in a stopped container"),
        ("stopped", ["update", "--pids-limit", "5", "c"], "container not running"),
        ("stopped", ["events", "--stats", "c"], "container with id c is not running"),
        ("stopped", ["events", "c"], "container with id c is not running"),
    ]

    @Test(arguments: ["created", "running", "paused", "stopped"])
    func refusesInRuncsWords(state: String) throws {
        let container = try Self.container(in: state)
        for refusal in Self.refusals where refusal.state == state {
            let expected = Outcome.fails(refusal.call[0], refusal.text)
            #expect(try container.call(refusal.call) == expected, "\(refusal.call)")
        }
        #expect(container.status == state)
    }

    private static func container(in state: String) throws -> TestContainer {
        switch state {
        case "created": return try .created("wait")
        case "running": return try .running("wait")
        case "paused":
            let container = try TestContainer.running("wait")
            try #require(container.call("pause", "c") == .quiet)
            return container
        default: return try .stopped()
        }
    }

    @Test(arguments: [
        ["state", "c"], ["start", "c"], ["kill", "c"], ["delete", "c"], ["exec", "c", "x"],
        ["pause", "c"], ["resume", "c"], ["ps", "c"], ["ps", "-f", "json", "c"], ["events", "c"],
        ["update", "--pids-limit", "5", "c"],
    ])
    func saysThatThereIsNone(call: [String]) throws {
        let container = try TestContainer(["wait"])
        let expected = Outcome.fails(call[0], "container does not exist")
        #expect(try container.call(call) == expected)
        // The same where no container has ever been.
        #expect(try container.call(["--root", "/nonexistent"] + call) == expected)
    }

    @Test(arguments: ["state", "start", "delete", "pause", "resume", "events", "update"])
    func needsExactlyOneName(verb: String) throws {
        let container = try TestContainer(["wait"])
        let expected = Outcome.fails(verb, "\"\(verb)\" requires exactly 1 argument(s)")
        #expect(try container.call(verb) == expected)
        #expect(try container.call(verb, "a", "b") == expected)
        let invalid = Outcome.fails(verb, "invalid container ID format")
        #expect(try container.call(verb, "../c") == invalid)
    }

    @Test func refusesANameInUse() throws {
        let container = try TestContainer.created("wait")
        let second = try container.call("create", "--bundle", container.bundle.bundle, "c")
        #expect(second == .fails("create", "container with given ID already exists"))
        #expect(container.status == "created")
    }

    /// It is the container's until that is deleted.
    @Test(arguments: ["create", "run"])
    func refusesTheNameOfOneThatHasEnded(verb: String) throws {
        let container = try TestContainer.stopped()
        let second = try container.call(verb, "--bundle", container.bundle.bundle, "c")
        #expect(second == .fails(verb, "container with given ID already exists"))
        #expect(container.status == "stopped")
        #expect(try container.call("delete", "c") == .quiet)
        try container.create()
        #expect(container.status == "created")
    }

    @Test func keepsTheNameOfOneThatWasKept() throws {
        let container = try TestContainer(["exit", "0"])
        let run = ["run", "--keep", "--bundle", container.bundle.bundle, "c"]
        #expect(try container.call(run) == .quiet)
        #expect(
            try container.call(run) == .fails("run", "container with given ID already exists"))
        #expect(container.status == "stopped")
    }

    @Test(arguments: [
        ["state", "--bogus", "c"], ["kill", "-x", "c"], ["delete", "--bogus", "c"],
    ])
    func refusesUnknownFlags(call: [String]) throws {
        let outcome = try TestContainer(["wait"]).call(call)
        #expect(outcome.status == 1)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("vmrun: Unknown option"))
        #expect(outcome.errors.filter(\.isNewline).count == 1)
    }

    @Test func pausesACreatedContainer() throws {
        let container = try TestContainer.created("wait")
        #expect(try container.call("pause", "c") == .quiet)
        #expect(container.status == "paused")
        #expect(try container.call("resume", "c") == .quiet)
        #expect(container.status == "created")
        #expect(try container.call("start", "c") == .quiet)
    }

    @Test func aRefusingAgentIsQuoted() throws {
        let container = try TestContainer.created("refuse", "no such luck")
        for call in [["start", "c"], ["pause", "c"], ["kill", "c"], ["ps", "c"]] {
            #expect(try container.call(call) == .fails(call[0], "no such luck"))
        }
        #expect(container.status == "created")
    }

    @Test func aRunThatIsDetachedLivesOn() throws {
        let container = try TestContainer(["wait"])
        let run = try Invocation(container.bundle, ["run", "--detach"])
        #expect(try run.status() == 0)
        #expect(container.status == "running")
        #expect(try container.call("delete", "--force", "c") == .quiet)
        #expect(container.bundle.containers == [])
    }

    @Test func keepsWhatHasEnded() throws {
        let container = try TestContainer(["exit", "3"])
        #expect(try Invocation(container.bundle, ["run", "--keep"]).status() == 3)
        #expect(container.status == "stopped")
        #expect(try container.call("delete", "c") == .quiet)
    }
}
