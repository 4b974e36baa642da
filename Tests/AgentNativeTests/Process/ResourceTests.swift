import Protocols
import Testing

@Suite("Limits, scheduling and personality", .native)
struct ResourceTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    /// Numbers of asm-generic/resource.h with the names of proc_pid_limits(5).
    @Test(
        "a limit is the plan's",
        arguments: [
            (0, "cpu time"), (1, "file size"), (2, "data size"), (3, "stack size"),
            (4, "core file size"), (5, "resident set"), (6, "processes"), (7, "open files"),
            (8, "locked memory"), (9, "address space"), (10, "file locks"),
            (11, "pending signals"), (12, "msgqueue size"), (15, "realtime timeout"),
        ] as [(UInt32, String)])
    func limit(resource: UInt32, name: String) throws {
        // Enough of anything for the programs of the test.
        let limit = ResourceLimit(resource: resource, soft: 18_000, hard: 19_000)
        let memory = ResourceLimit(resource: resource, soft: 1 << 30, hard: 1 << 31)
        let isMemory = [2, 3, 9].contains(resource)

        let row = try row(of: name, isMemory ? memory : limit)

        #expect(row == (isMemory ? ["\(1 << 30)", "\(1 << 31)"] : ["18000", "19000"]))
    }

    /// The soft and the hard limit, as a process sees them.
    private func row(of name: String, _ limit: ResourceLimit) throws -> [Substring] {
        let plan = Plans.container("grep", "^Max \(name) ", "/proc/self/limits")
        let outcome = try agent.run(plan) { $0.process.resourceLimits = [limit] }
        return Array(
            outcome.output.dropFirst("Max \(name)".count).split(separator: " ").prefix(2))
    }

    @Test("a soft limit above the hard one is an error that names the limit")
    func softAboveHard() throws {
        var plan = Plans.container("true")
        plan.process.resourceLimits = [ResourceLimit(resource: 7, soft: 200, hard: 100)]

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "set resource limit \"7\": invalid argument")
    }

    @Test("a limit above the agent's", .enabled(if: Host.has(.resource), "needs CAP_SYS_RESOURCE"))
    func raised() throws {
        let limit = ResourceLimit(resource: 12, soft: 1 << 40, hard: 1 << 40)

        #expect(try row(of: "msgqueue size", limit) == ["\(1 << 40)", "\(1 << 40)"])
    }

    @Test("a limit that may not be raised is an error", .enabled(if: !Host.has(.resource)))
    func notRaised() throws {
        var plan = Plans.container("true")
        plan.process.resourceLimits = [ResourceLimit(resource: 6, soft: 1 << 40, hard: 1 << 40)]

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "set resource limit \"6\": operation not permitted")
    }

    @Test(
        "the nice value is the plan's",
        arguments: [5, 19] + (Host.has(.nice) ? [-10] : []) as [Int32])
    func nice(value: Int32) throws {
        let outcome = try agent.shell("cut -d ' ' -f 19 /proc/self/stat") {
            $0.process.scheduler = Scheduler()
            $0.process.scheduler?.nice = value
        }

        #expect(outcome == Outcome(output: "\(value)\n"))
    }

    /// Numbers of linux/sched.h; field 41 of proc_pid_stat(5) is the policy.
    @Test("the scheduler is the plan's", arguments: [0, 3, 5] as [UInt32])
    func policy(number: UInt32) throws {
        let outcome = try agent.shell("cut -d ' ' -f 41 /proc/self/stat") {
            $0.process.scheduler = Scheduler()
            $0.process.scheduler?.policy = number
        }

        #expect(outcome == Outcome(output: "\(number)\n"))
    }

    @Test(
        "a real-time scheduler has its priority",
        .enabled(if: Host.has(.nice), "needs CAP_SYS_NICE"))
    func realTime() throws {
        let outcome = try agent.shell("cut -d ' ' -f 40,41 /proc/self/stat") {
            $0.process.scheduler = Scheduler()
            $0.process.scheduler?.policy = 2
            $0.process.scheduler?.priority = 3
        }

        #expect(outcome == Outcome(output: "3 2\n"))
    }

    @Test("an unknown scheduler is an error")
    func unknownPolicy() throws {
        var plan = Plans.container("true")
        plan.process.scheduler = Scheduler()
        plan.process.scheduler?.policy = 99

        #expect(try agent.failure(of: plan).message == "set the scheduler: invalid argument")
    }

    /// ioprio_set(2): the class is above bit 13; 2 is best-effort, 3 idle.
    @Test(
        "the I/O priority is the plan's",
        arguments: [(2 << 13 | 6, "best-effort: prio 6\n"), (3 << 13, "idle\n")]
            as [(UInt32, String)])
    func ioPriority(value: UInt32, text: String) throws {
        let outcome = try agent.shell("ionice -p $$") { $0.process.ioPriority = value }

        #expect(outcome == Outcome(output: text))
    }

    @Test("a process runs on the processors of the plan")
    func affinity() throws {
        let outcome = try agent.shell("grep Cpus_allowed_list /proc/self/status") {
            $0.process.cpuAffinity = "0"
        }

        #expect(outcome == Outcome(output: "Cpus_allowed_list:\t0\n"))
    }

    @Test("a bad list of processors is an error")
    func badAffinity() throws {
        var plan = Plans.container("true")
        plan.process.cpuAffinity = "0-"

        #expect(try agent.failure(of: plan).message == "bad CPU list \"0-\"")
    }

    /// PER_LINUX32 of personality(2).
    @Test(
        "the personality is the plan's",
        arguments: [(nil, "x86_64"), (8, "i686")] as [(UInt32?, String)])
    func personality(value: UInt32?, machine: String) throws {
        let outcome = try agent.shell("uname -m") { $0.process.personality = value }

        #expect(outcome == Outcome(output: machine + "\n"))
    }
}
