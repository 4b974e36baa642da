import Protocols
import Testing

/// What the kernel makes of the rules. Unit tests have their order and all their forms.
@Suite("Device rules", .native)
struct DeviceRuleTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    private static func rule(
        _ allow: Bool, _ type: Character, _ major: Int64 = -1, _ minor: Int64 = -1,
        _ access: String = "rwm"
    ) -> DeviceRule {
        var rule = DeviceRule()
        rule.allow = allow
        rule.type = type.asciiValue.map { UInt32($0) } ?? 0
        rule.major = major
        rule.minor = minor
        rule.access = access
        return rule
    }

    /// Every plan of the host allows it: the agent makes its devices under the rules of the container.
    private static let making = rule(true, "c", -1, -1, "m")

    private func shell(_ script: String, _ rules: [DeviceRule]) throws -> Outcome {
        try agent.shell(script) {
            $0.deviceRules = rules
            $0.process.capabilities = nil
        }
    }

    @Test("what is denied cannot be opened, what is allowed can")
    func open() throws {
        let outcome = try shell(
            "head -c 1 /dev/zero | wc -c; cat /dev/urandom",
            [
                Self.rule(false, "a"), Self.making, Self.rule(true, "c", 1, 3),
                Self.rule(true, "c", 1, 5),
            ])

        #expect(outcome.output == "1\n")
        #expect(outcome.errors == "cat: can't open '/dev/urandom': Operation not permitted\n")
    }

    @Test("reading is allowed without writing")
    func access() throws {
        let outcome = try shell(
            "head -c 1 /dev/zero | wc -c; echo x >/dev/zero",
            [Self.rule(false, "a"), Self.making, Self.rule(true, "c", 1, -1, "r")])

        #expect(outcome.output == "1\n")
        #expect(outcome.errors.contains("can't create /dev/zero: Operation not permitted"))
    }

    @Test("a device that may not be made is not made")
    func make() throws {
        let script = "busybox mknod /dev/a c 10 229; busybox mknod /dev/b c 1 8 && ls /dev/b"

        let outcome = try shell(script, [Self.rule(false, "c", 10, 229, "m")])

        #expect(outcome.output == "/dev/b\n")
        #expect(outcome.errors == "mknod: /dev/a: Operation not permitted\n")
    }

    @Test("the devices of the plan are made, though the container may not open them")
    func plan() throws {
        let outcome = try agent.shell("ls /dev/mine") {
            $0.deviceRules = [Self.rule(false, "a"), Self.making]
            $0.devices = [Plans.device("/dev/mine", mode: 0o20666, 10, 229)]
        }

        #expect(outcome == Outcome(output: "/dev/mine\n"))
    }

    @Test("a rule that makes no sense is an error")
    func bad() throws {
        var plan = Plans.container("true")
        plan.deviceRules = [Self.rule(false, "x")]

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "a device rule has the unknown type 120")
    }
}
