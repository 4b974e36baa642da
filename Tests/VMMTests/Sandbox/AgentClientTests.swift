import Devices
import Linux
import Protocols
import Testing

@testable import VMM

/// An agent that a test plays: it says what a guest that was taken over may say.
@Suite struct AgentClientTests {
    /// The host's side, and what it has heard.
    private final class Host {
        let loop: EventLoop
        let client: AgentClient
        let guest: HostStream
        var readies = 0
        var exits: [ProcessExit] = []
        var lost: [String] = []

        private final class Ears {
            weak var host: Host?
        }

        init() throws {
            ProcessSetup.ignoreBrokenPipes()
            loop = try EventLoop()
            let ears = Ears()
            client = try AgentClient(
                loop: loop, onReady: { ears.host?.readies += 1 },
                onExit: { ears.host?.exits.append($0) }, onLost: { ears.host?.lost.append($0) })
            guest = try #require(client.accept())
            ears.host = self
        }

        func says(_ bytes: [UInt8]) throws {
            var rest = bytes[...]
            while !rest.isEmpty, lost.isEmpty {
                let count = try #require(guest.write(rest))
                rest = rest.dropFirst(count)
                while try loop.runOnce(timeoutMilliseconds: 0), lost.isEmpty {}
            }
        }

        func says(_ messages: AgentMessage...) throws {
            try says(messages.flatMap { Frame.encode($0) })
        }
    }

    private let hello = AgentMessage.ready(protocolVersion: protocolVersion, kernelRelease: "6")

    @Test func onlyOneAgentIsListenedTo() throws {
        let host = try Host()
        #expect(host.client.accept() == nil)
    }

    @Test func anAgentOfAnotherVersionIsNone() throws {
        let host = try Host()
        try host.says(.ready(protocolVersion: protocolVersion + 1, kernelRelease: ""))
        #expect(host.readies == 0)
        #expect(host.lost.count == 1)
    }

    @Test func aSecondGreetingEndsIt() throws {
        let host = try Host()
        try host.says(hello, hello, hello)
        #expect(host.readies == 1)
        #expect(host.lost == ["the agent says hello again"])
    }

    @Test func nothingHasEndedBeforeTheGreeting() throws {
        let host = try Host()
        let exit = ProcessExit(container: "c", process: "", exitStatus: 0, signal: 0)
        try host.says(.processExited(exit), hello)
        #expect(host.exits.isEmpty && host.readies == 0)
        #expect(host.lost.count == 1)
    }

    @Test func answersToNothingAreNotHeard() throws {
        let host = try Host()
        try host.says(hello)
        var answers: [UInt32] = []
        host.client.request(.shutdown) { answers.append($0.pid) }
        for id in [0, 2, 99, UInt64.max] { try host.says(.reply(AgentReply(id: id, pid: 7))) }
        #expect(answers.isEmpty)
        // The right one once.
        try host.says(
            .reply(AgentReply(id: 1, pid: 8)), .reply(AgentReply(id: 1, pid: 9)))
        #expect(answers == [8])
        #expect(host.lost.isEmpty)
    }

    /// vmrun makes a template anew of which the sandbox says that it is bad.
    @Test(arguments: [Failure.Kind.badTemplate, .guestLost])
    func theMachineIsNotTheAgentsToJudge(kind: Failure.Kind) throws {
        let host = try Host()
        try host.says(hello)
        var failures: [Failure] = []
        host.client.request(.shutdown) { reply in reply.failure.map { failures.append($0) } }
        try host.says(
            .reply(AgentReply(id: 1, failure: Failure(kind: kind, message: "no"))))
        #expect(failures == [Failure(message: "no")])
    }

    @Test func longWordsAreCutOff() throws {
        let host = try Host()
        try host.says(hello)
        var length = 0
        host.client.request(.shutdown) { length = $0.failure?.message.utf8.count ?? 0 }
        let text = String(repeating: "x", count: 500_000)
        try host.says(.reply(AgentReply(id: 1, failure: Failure(message: text))))
        #expect(length == 4096)
    }

    @Test(arguments: [
        [0xff, 0xff, 0xff, 0xff],  // a frame without end
        [1, 0, 0x10, 0],  // one byte above the limit
        [4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],  // no message
        [0, 0, 0, 0],  // an empty one
    ])
    func whatMakesNoSenseEndsIt(bytes: [UInt8]) throws {
        let host = try Host()
        try host.says(hello)
        try host.says(bytes)
        #expect(host.lost.count == 1)
        // Nobody is heard any more.
        #expect(host.guest.write([0]) == nil || host.guest.read(upTo: 1) == .end)
    }

    @Test func aFrameThatNeverEndsIsWaitedFor() throws {
        let host = try Host()
        try host.says(hello)
        try host.says([0, 0, 8, 0] + [UInt8](repeating: 0, count: 1000))
        #expect(host.lost.isEmpty)
        host.guest.closeOutput()
        host.guest.closeInput()
        while try host.loop.runOnce(timeoutMilliseconds: 100), host.lost.isEmpty {}
        #expect(host.lost == ["the agent has closed its connection"])
    }
}
