import Protocols
import Testing

@testable import AgentCore

/// Documentation/admin-guide/cgroup-v1/devices.rst of the kernel.
@Suite("Device rules")
struct DeviceFilterTests {
    /// `+` or `-`, the type, major and minor or `*`, the access: as devices.allow and devices.deny take it.
    private static func rule(_ text: String) -> DeviceRule {
        let words = text.split(separator: " ")
        let numbers = words[1].split(separator: ":").map { Int64($0) ?? -1 }
        var rule = DeviceRule()
        rule.allow = text.hasPrefix("+")
        rule.type = UInt32(words[0].utf8.last ?? 0)
        rule.major = numbers[0]
        rule.minor = numbers[1]
        rule.access = String(words[2])
        return rule
    }

    private static func filter(_ rules: String...) throws -> DeviceFilter {
        try DeviceFilter(rules.map(rule))
    }

    private static func exception(
        _ type: UInt32, _ major: UInt32?, _ minor: UInt32?, _ access: DeviceFilter.Access
    ) -> DeviceFilter.Exception {
        DeviceFilter.Exception(type: type, major: major, minor: minor, access: access)
    }

    @Test("without rules everything is allowed")
    func none() throws {
        let filter = try Self.filter()

        #expect(filter.allowsOthers)
        #expect(filter.exceptions.isEmpty)
    }

    @Test("a rule for all sets what holds for others, and forgets those before it")
    func all() throws {
        let denied = try Self.filter("-c 1:3 r", "-a *:* rwm")
        let allowed = try Self.filter("-a *:* rwm", "+c 1:3 r", "+a *:* rwm")

        #expect(!denied.allowsOthers && denied.exceptions.isEmpty)
        #expect(allowed.allowsOthers && allowed.exceptions.isEmpty)
    }

    @Test("a rule against what holds for others is an exception")
    func exceptions() throws {
        let filter = try Self.filter("-a *:* rwm", "+c 1:* rw", "+b 8:0 m")

        #expect(
            filter.exceptions == [
                Self.exception(2, 1, nil, [.read, .write]), Self.exception(1, 8, 0, .make),
            ])
    }

    @Test("rules for the same device are one exception")
    func merged() throws {
        let filter = try Self.filter("-a *:* rwm", "+c 1:3 r", "+c 1:3 m")

        #expect(filter.exceptions == [Self.exception(2, 1, 3, [.read, .make])])
    }

    @Test("a rule takes from an exception, which is gone when nothing is left")
    func taken() throws {
        let some = try Self.filter("-a *:* rwm", "+c 1:3 rwm", "-c 1:3 w")
        let nothing = try Self.filter("-a *:* rwm", "+c 1:3 rw", "-c 1:3 rwm")

        #expect(some.exceptions == [Self.exception(2, 1, 3, [.read, .make])])
        #expect(nothing.exceptions.isEmpty)
    }

    @Test("a rule that says what holds anyway changes nothing")
    func redundant() throws {
        #expect(try Self.filter("-a *:* rwm", "-c 1:3 rwm").exceptions.isEmpty)
        #expect(try Self.filter("+c 1:3 rwm").exceptions.isEmpty)
    }

    @Test("unknown letters are errors")
    func unknown() {
        #expect(throws: Failure(message: "a device rule has the unknown type 122")) {
            try Self.filter("+z 1:3 r")
        }
        #expect(throws: Failure(message: "a device rule has the unknown access \"x\"")) {
            try Self.filter("+c 1:3 rx")
        }
    }

    // MARK: the program

    private static let denying = ["-a *:* rwm", "+c 1:* rw", "+b 8:0 r", "+c *:* m"]
    private static let allowing = ["-c 1:3 w", "-b *:* rwm"]

    struct Question: Sendable, CustomTestStringConvertible {
        let rules: [String]
        let type: UInt32
        let device: (UInt32, UInt32)
        let access: DeviceFilter.Access
        let isAllowed: Bool
        var testDescription: String {
            "\(rules) \(type == 1 ? "b" : "c") \(device) \(access.rawValue)"
        }
    }

    @Test(
        "the program decides as the rules say",
        arguments: [
            Question(rules: denying, type: 2, device: (1, 3), access: .read, isAllowed: true),
            Question(
                rules: denying, type: 2, device: (1, 9), access: [.read, .write], isAllowed: true),
            Question(
                rules: denying, type: 2, device: (1, 9), access: [.read, .make], isAllowed: false),
            Question(rules: denying, type: 2, device: (2, 3), access: .read, isAllowed: false),
            Question(rules: denying, type: 2, device: (2, 3), access: .make, isAllowed: true),
            Question(rules: denying, type: 1, device: (1, 3), access: .read, isAllowed: false),
            Question(rules: denying, type: 1, device: (8, 0), access: .read, isAllowed: true),
            Question(rules: denying, type: 1, device: (8, 0), access: .write, isAllowed: false),
            Question(rules: denying, type: 1, device: (8, 1), access: .read, isAllowed: false),
            Question(rules: denying, type: 1, device: (8, 0), access: .make, isAllowed: false),
            Question(rules: allowing, type: 2, device: (1, 3), access: .read, isAllowed: true),
            Question(
                rules: allowing, type: 2, device: (1, 3), access: [.read, .write],
                isAllowed: false),
            Question(rules: allowing, type: 2, device: (1, 4), access: .write, isAllowed: true),
            Question(rules: allowing, type: 1, device: (1, 4), access: .read, isAllowed: false),
            Question(rules: [], type: 1, device: (1, 4), access: .make, isAllowed: true),
            Question(
                rules: ["-a *:* rwm"], type: 2, device: (1, 3), access: .read, isAllowed: false),
        ])
    func program(question: Question) throws {
        let filter = try DeviceFilter(question.rules.map(Self.rule))
        let context = [
            question.access.rawValue << 16 | question.type, question.device.0, question.device.1,
        ]

        let answer = try BPFMachine.run(BPFProgram(filter).instructions, context)

        #expect(answer == (question.isAllowed ? 1 : 0))
    }

    /// linux/bpf.h: code, registers (source in the high half), offset, number.
    @Test("the instructions are the kernel's")
    func bytes() throws {
        let program = BPFProgram(try Self.filter("-a *:* rwm", "+c 1:3 r")).instructions

        #expect(
            program == [
                0x0000_0000_0000_1261,  // r2 = word of the context
                0x0000_0000_0000_23bf,  // r3 = r2
                0x0000_ffff_0000_0257,  // r2 &= 0xffff: the type
                0x0000_0010_0000_0377,  // r3 >>= 16: the access
                0x0000_0000_0004_1461,  // r4 = major
                0x0000_0000_0008_1561,  // r5 = minor
                0x0000_0000_0000_36bf,  // r6 = r3
                0x0000_0005_0000_0657,  // r6 &= 5: all but reading
                0x0000_0002_0005_0255,  // no character device: 5 further
                0x0000_0000_0004_0655,  // more than reading: 4 further
                0x0000_0001_0003_0455,  // another major number: 3 further
                0x0000_0003_0002_0555,  // another minor number: 2 further
                0x0000_0001_0000_00b7,  // r0 = 1
                0x0000_0000_0000_0095,  // exit
                0x0000_0000_0000_00b7,  // r0 = 0
                0x0000_0000_0000_0095,  // exit
            ])
    }
}
