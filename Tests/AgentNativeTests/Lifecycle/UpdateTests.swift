@testable import AgentCore
import Protocols
import Testing

@Suite("Limits that change, and files that tell of them", .native)
struct UpdateTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    private func update(_ settings: Assignment...) -> AgentRequest.Body {
        .updateContainer(container: "c", settings: settings)
    }

    private func read(_ names: String...) throws -> [Assignment] {
        let reply = try agent.request(.readCgroup(container: "c", names: names))
        if let failure = reply.failure { throw failure }
        return reply.files
    }

    private let depth = Assignment(name: "cgroup.max.depth", value: "5")
    private let descendants = Assignment(name: "cgroup.max.descendants", value: "6")

    @Test(
        "settings are written to the cgroup of a container that is created or runs",
        arguments: [false, true])
    func update(isStarted: Bool) throws {
        try agent.perform(.createContainer(Plans.container("sleep", "86400")))
        if isStarted { try agent.perform(.startContainer(container: "c")) }

        try agent.perform(update(depth, descendants))

        #expect(
            try read("cgroup.max.descendants", "cgroup.max.depth") == [
                Assignment(name: "cgroup.max.descendants", value: "6\n"),
                Assignment(name: "cgroup.max.depth", value: "5\n"),
            ])
    }

    @Test("where one fails the others are as before, and the message names the file")
    func putBack() throws {
        try agent.startIdle { $0.cgroupSettings = [Assignment(name: depth.name, value: "7")] }

        let failure = try agent.refusal(
            of: update(depth, descendants, Assignment(name: "cgroup.nothing", value: "1")))

        let text = "write 1 to cgroup file \"cgroup.nothing\": no such file or directory"
        #expect(failure?.message == text)
        #expect(
            try read(depth.name, descendants.name).map(\.value) == ["7\n", "max\n"])
    }

    @Test(
        "a file of another cgroup is refused, and nothing is written",
        arguments: ["../cgroup.max.depth", "", ".", "..", "a/cgroup.max.depth"])
    func outside(name: String) throws {
        try agent.startIdle()

        let update = try agent.refusal(of: update(depth, Assignment(name: name, value: "1")))
        let read = try agent.refusal(of: .readCgroup(container: "c", names: [name]))

        #expect(update?.message == "\"\(name)\" is no file of a cgroup")
        #expect(read?.message == "\"\(name)\" is no file of a cgroup")
        #expect(try self.read(depth.name).map(\.value) == ["max\n"])
    }

    @Test("a file that is not there is left out")
    func missing() throws {
        try agent.startIdle()

        #expect(
            try read("cgroup.nothing", "cgroup.freeze") == [
                Assignment(name: "cgroup.freeze", value: "0\n")
            ])
    }

    @Test("the files of a container whose process has ended are there until it is deleted")
    func ended() throws {
        try agent.start(Plans.container("true"))
        _ = try agent.exit()

        #expect(try read("cgroup.events").map(\.value) == ["populated 0\nfrozen 0\n"])
    }

    @Test("files that are too long for one answer are an error, and the next answer is whole")
    func tooLong() throws {
        try agent.startIdle()
        let names = Array(repeating: "cgroup.events", count: 40000)

        let failure = try agent.refusal(of: .readCgroup(container: "c", names: names))

        #expect(failure?.message == "files of the cgroup are too long for one answer")
        #expect(try read("cgroup.freeze").count == 1)
    }

    /// The limit of swap holds where there is none.
    @Test(
        "a kernel without swap is limited enough", .enabled(if: !NativeCgroup.has("memory")))
    func noSwap() throws {
        try agent.startIdle {
            $0.cgroupSettings = [Assignment(name: "memory.swap.max", value: "0")]
        }

        #expect(
            try agent.refusal(of: update(Assignment(name: "memory.swap.max", value: "1"))) == nil)
        #expect(
            try agent.refusal(of: update(Assignment(name: "memory.max", value: "1")))?.message
                == "write 1 to cgroup file \"memory.max\": no such file or directory")
    }

    @Test("a container without a cgroup of its own has no limits to change and no files")
    func noCgroup() throws {
        try agent.startIdle {
            $0.cgroupPath = ""
            $0.namespaces &= ~CloneFlags.cgroup
        }

        let message = "container \"c\" has no cgroup of its own"
        #expect(try agent.refusal(of: update(depth))?.message == message)
        #expect(
            try agent.refusal(of: .readCgroup(container: "c", names: ["cgroup.procs"]))?.message
                == message)
    }
}
