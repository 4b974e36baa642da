import Protocols
import Testing

@Suite("User, groups and umask", .native)
struct IdentityTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    @Test("all four user and group ids are the plan's")
    func ids() throws {
        let outcome = try agent.shell("grep -E '^(Uid|Gid|Groups):' /proc/self/status") {
            $0.process.uid = 1000
            $0.process.gid = 100
        }

        let expected = "Uid:\t1000\t1000\t1000\t1000\nGid:\t100\t100\t100\t100\nGroups:\t \n"
        #expect(outcome == Outcome(output: expected))
    }

    @Test("the id -1, which would leave it root, is refused")
    func noID() throws {
        var user = Plans.container("true")
        user.process.uid = UInt32.max
        var group = Plans.container("true")
        group.process.gid = UInt32.max

        #expect(try agent.failure(of: user).message == "no user or group has the id -1")
        #expect(try agent.failure(of: group).message == "no user or group has the id -1")
    }

    @Test("additional groups come on top", arguments: [0, 1000] as [UInt32])
    func groups(uid: UInt32) throws {
        let outcome = try agent.shell("id -G") {
            $0.process.uid = uid
            $0.process.gid = 100
            $0.process.additionalGIDs = [5, 70000]
        }

        #expect(outcome == Outcome(output: "100 5 70000\n"))
    }

    @Test(
        "the umask is the plan's",
        arguments: [(nil, "0022"), (0, "0000"), (0o27, "0027"), (0o777, "0777")]
            as [(UInt32?, String)])
    func umask(umask: UInt32?, text: String) throws {
        let outcome = try agent.shell("umask") { $0.process.umask = umask }

        #expect(outcome == Outcome(output: text + "\n"))
    }

    @Test("a user may open its own streams again")
    func ownStreams() throws {
        let outcome = try agent.shell(
            "cat /dev/stdin >/dev/stdout; echo e >/dev/stderr", input: [97]
        ) {
            $0.process.uid = 1000
        }

        #expect(outcome == Outcome(output: "a", errors: "e\n"))
    }

    @Test("a process is the leader of a session of its own")
    func session() throws {
        let outcome = try agent.shell("cut -d ' ' -f 6 /proc/$$/stat")

        #expect(outcome == Outcome(output: "1\n"))
    }

    @Test("no signal is blocked or ignored")
    func signals() throws {
        let outcome = try agent.run(
            Plans.container("grep", "-E", "^Sig(Blk|Ign|Cgt):", "/proc/self/status"))

        let none = "0000000000000000"
        #expect(outcome.output == "SigBlk:\t\(none)\nSigIgn:\t\(none)\nSigCgt:\t\(none)\n")
    }

    @Test("a process has no descriptors but its streams")
    func descriptors() throws {
        let outcome = try agent.run(Plans.container("ls", "/proc/self/fd"))

        // The last one is that of the folder which ls reads.
        #expect(outcome == Outcome(output: "0\n1\n2\n3\n"))
    }

    @Test(
        "the score for the killer of memory hogs is the plan's", arguments: [0, 1, 1000] as [Int32])
    func oomScore(score: Int32) throws {
        let outcome = try agent.shell("cat /proc/self/oom_score_adj") {
            $0.process.oomScoreAdjustment = score
        }

        #expect(outcome == Outcome(output: "\(score)\n"))
    }

    @Test("a score does not stay with the agent or go to other containers")
    func oomScoreOfOthers() throws {
        try agent.startIdle("other") { $0.process.oomScoreAdjustment = 700 }

        let outcome = try agent.shell("cat /proc/self/oom_score_adj")

        #expect(outcome == Outcome(output: "0\n"))
        #expect(try Host.text(of: "/proc/\(agent.pid)/oom_score_adj") == "0\n")
    }

    @Test(
        "a score below the agent's own", .enabled(if: Host.has(.resource), "needs CAP_SYS_RESOURCE")
    )
    func lowerOOMScore() throws {
        let outcome = try agent.shell("cat /proc/self/oom_score_adj") {
            $0.process.oomScoreAdjustment = -1000
        }

        #expect(outcome == Outcome(output: "-1000\n"))
    }
}
