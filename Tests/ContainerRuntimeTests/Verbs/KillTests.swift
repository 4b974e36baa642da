import Glibc
import Testing

@testable import ContainerRuntime

@Suite(.enabled(if: canRun)) struct KillTests {
    @Test(arguments: [
        ("TERM", 15), ("SIGTERM", 15), ("sigterm", 15), ("15", 15), ("HUP", 1), ("INT", 2),
        ("RTMIN+3", 37), ("SIGRTMAX", 64), ("64", 64), ("IOT", 6), ("POLL", 29),
    ])
    func sendsTheSignal(name: String, number: Int) throws {
        let container = try TestContainer.running("wait")
        #expect(try container.call("kill", "c", name) == .quiet)
        #expect(eventually { container.output == "started\nsignal \(number)\n" })
        #expect(eventually { !container.isAlive })
    }

    @Test(arguments: ["BOGUS", "65", "-1", "99999999999", "SIG", "", "RTMIN+31", "RTMAX+1"])
    func refusesWhatIsNoSignal(name: String) throws {
        let container = try TestContainer.running("wait")
        let outcome = try container.call("kill", "c", "--", name)
        #expect(outcome == .fails("kill", "unknown signal \"\(name)\""))
        #expect(container.status == "running")
    }

    @Test func asksWithZeroWhetherThereIsAProcess() throws {
        let container = try TestContainer.running("wait")
        #expect(try container.call("kill", "c", "0") == .quiet)
        #expect(container.output == "started\n")
        let ended = try TestContainer.stopped()
        #expect(try ended.call("kill", "c", "0") == .fails("kill", "container not running"))
    }

    @Test func sendsTermWithoutAName() throws {
        let container = try TestContainer.created("wait")
        #expect(try container.call("kill", "c") == .quiet)
        #expect(eventually { container.output == "signal 15\n" })
    }

    @Test func reachesAllProcesses() throws {
        let container = try TestContainer.running("wait")
        #expect(try container.call("kill", "--all", "c", "10") == .quiet)
        #expect(eventually { container.output == "started\nall: signal 10\n" })
    }

    /// As runc does: they would outlive the first one.
    @Test func killsAllWhereThePIDNamespaceIsNotTheContainersAlone() throws {
        let container = try TestContainer(["wait"])
        try container.bundle.replace(#"{"type": "pid"}, "#, with: "")
        try container.create()
        #expect(try container.call("start", "c") == .quiet)
        #expect(try container.call("kill", "c", "USR1") == .quiet)
        #expect(try container.call("kill", "c", "KILL") == .quiet)
        #expect(eventually { container.output == "started\nsignal 10\nall: signal 9\n" })
        let other = try TestContainer.running("wait")
        #expect(try other.call("kill", "c", "KILL") == .quiet)
        #expect(eventually { other.output == "started\nsignal 9\n" })
    }

    @Test func isContentWhereAllHaveEnded() throws {
        let container = try TestContainer.stopped()
        #expect(try container.call("kill", "--all", "c", "9") == .quiet)
        #expect(try container.call("kill", "-a", "c", "KILL") == .quiet)
    }

    @Test func needsOneOrTwoArguments() throws {
        let container = try TestContainer(["wait"])
        let text = "\"kill\" requires a minimum of 1 argument and a maximum of 2"
        #expect(try container.call("kill") == .fails("kill", text))
        #expect(try container.call("kill", "a", "b", "c") == .fails("kill", text))
    }

    /// A guest that does not answer has no right to go on.
    @Test func killsAGuestThatRefusesOrDoesNotAnswer() throws {
        for arguments in [["refuse", "no"], ["deaf"]] {
            let container = try TestContainer(arguments)
            try container.create()
            #expect(try container.call("kill", "c", "9") == .quiet)
            #expect(!container.isAlive)
        }
    }

    @Test func knowsEveryName() {
        for number in Int32(1)...31 {
            let name = SignalName.text(of: number)
            #expect(SignalName.number(of: name) == number)
            #expect(SignalName.number(of: String(name.dropFirst(3)).lowercased()) == number)
        }
        for text in ["RTMIN-1", "RTMAX-31", "RTMIN+", "RTMIN+99999999999", "SIGSIGTERM", " TERM"] {
            #expect(SignalName.number(of: text) == nil, "\(text)")
        }
        #expect(SignalName.number(of: "RTMAX-30") == 34)
    }
}
