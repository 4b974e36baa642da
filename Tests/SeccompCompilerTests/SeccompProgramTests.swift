import OCISpec
import Testing

@testable import SeccompCompiler

@Suite("Seccomp programs") struct SeccompProgramTests {
    /// Numbers of system calls of x86-64 (asm/unistd_64.h).
    private enum Number {
        static let read: UInt32 = 0
        static let mkdir: UInt32 = 83
        static let personality: UInt32 = 135
        static let clone3: UInt32 = 435
        /// The last one that the linked library knows is lower.
        static let future: UInt32 = 9999
    }

    private static let permitted = Answer.errno(1)

    @Test("without a profile there is no filter")
    func none() throws {
        let program = try SeccompProgram(nil)

        #expect(program == (try compile(#"{"defaultAction": "", "syscalls": []}"#)))
        #expect(program.filter.isEmpty)
        #expect(program.flags == 0)
    }

    @Test(
        "every action answers as the kernel defines it",
        arguments: [
            ("SCMP_ACT_KILL", .killThread), ("SCMP_ACT_KILL_THREAD", .killThread),
            ("SCMP_ACT_KILL_PROCESS", .killProcess), ("SCMP_ACT_TRAP", .trap),
            ("SCMP_ACT_ERRNO", .errno(1)), ("SCMP_ACT_TRACE", .trace(1)),
            ("SCMP_ACT_LOG", .log),
        ] as [(String, Answer)])
    func actions(name: String, answer: Answer) throws {
        let program = try compile(
            """
            {"defaultAction": "SCMP_ACT_ALLOW",
             "syscalls": [{"names": ["mkdir"], "action": "\(name)"}]}
            """)

        #expect(try Call(Number.mkdir).answer(of: program) == answer)
        #expect(try Call(Number.read).answer(of: program) == .allow)
    }

    @Test("errno and tracer get the number of the profile")
    func values() throws {
        let program = try compile(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
             "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
                          {"names": ["clone3"], "action": "SCMP_ACT_TRACE", "errnoRet": 7}]}
            """)

        #expect(try Call(Number.mkdir).answer(of: program) == .errno(13))
        #expect(try Call(Number.clone3).answer(of: program) == .trace(7))
        #expect(try Call(Number.read).answer(of: program) == .errno(38))
    }

    /// A condition on the first argument, one that it holds for and one that it does not hold for.
    static let operators: [(String, UInt64, UInt64?, UInt64, UInt64)] = [
        ("SCMP_CMP_EQ", 0x1_0000_0005, nil, 0x1_0000_0005, 5),
        ("SCMP_CMP_NE", 5, nil, 0x1_0000_0005, 5),
        ("SCMP_CMP_LT", 0x1_0000_0000, nil, 0xffff_ffff, 0x1_0000_0000),
        ("SCMP_CMP_LE", 0x1_0000_0000, nil, 0x1_0000_0000, 0x1_0000_0001),
        ("SCMP_CMP_GT", 0x1_0000_0000, nil, 0x1_0000_0001, 0x1_0000_0000),
        ("SCMP_CMP_GE", 0x1_0000_0000, nil, 0x1_0000_0000, 0xffff_ffff),
        ("SCMP_CMP_MASKED_EQ", 0xf0, 0x20, 0x2f, 0x30),
    ]

    @Test("conditions compare all 64 bits", arguments: operators)
    func compares(
        name: String, value: UInt64, second: UInt64?, holds: UInt64, fails: UInt64
    ) throws {
        let valueTwo = second.map { ", \"valueTwo\": \($0)" } ?? ""
        let program = try compile(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
             {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": \(value)\(valueTwo), "op": "\(name)"}]}]}
            """)

        #expect(try Call(Number.personality, .amd64, holds).answer(of: program) == .allow)
        #expect(try Call(Number.personality, .amd64, fails).answer(of: program) == .errno(1))
    }

    @Test("conditions on several arguments must all hold")
    func all() throws {
        let program = try compile(
            """
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
             {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO",
              "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"},
                       {"index": 5, "value": 2, "op": "SCMP_CMP_EQ"}]}]}
            """)

        let both = Call(Number.mkdir, .amd64, 1, 0, 0, 0, 0, 2)
        #expect(try both.answer(of: program) == Self.permitted)
        #expect(try Call(Number.mkdir, .amd64, 1).answer(of: program) == .allow)
    }

    @Test("of conditions on one argument any suffices")
    func any() throws {
        let program = try compile(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
             {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"},
                       {"index": 0, "value": 9, "op": "SCMP_CMP_EQ"}]}]}
            """)

        #expect(try Call(Number.personality, .amd64, 8).answer(of: program) == .allow)
        #expect(try Call(Number.personality, .amd64, 9).answer(of: program) == .allow)
        #expect(try Call(Number.personality, .amd64, 7).answer(of: program) == .errno(1))
    }

    @Test("unknown names, and rules that say what the default says, are left out")
    func leftOut() throws {
        let program = try compile(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
             {"names": ["no_such_call", "read"], "action": "SCMP_ACT_ALLOW"},
             {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}
            """)

        #expect(try Call(Number.read).answer(of: program) == .allow)
        #expect(try Call(Number.clone3).answer(of: program) == .errno(1))
    }

    @Test("a profile without rules is a filter")
    func noRules() throws {
        let program = try compile(#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13}"#)

        #expect(try Call(Number.read).answer(of: program) == .errno(13))
    }

    @Test(
        "flags are seccomp(2)'s bits",
        arguments: [
            ("", 4), (#", "flags": []"#, 0),
            (#", "flags": ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG"]"#, 3),
            (#", "flags": ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]"#, 4),
            (#", "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]"#, 0),
        ] as [(String, UInt32)])
    func flags(members: String, bits: UInt32) throws {
        #expect(try compile("{\"defaultAction\": \"SCMP_ACT_ALLOW\"\(members)}").flags == bits)
    }

    @Test("a path for notifications does nothing without notifications")
    func listener() throws {
        let program = try compile(
            #"{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/s", "listenerMetadata": "m"}"#)

        #expect(try Call(Number.read).answer(of: program) == .allow)
    }

    @Test(
        "what cannot be is refused with its field",
        arguments: [
            (#""defaultAction": "x""#, "defaultAction: string x is not a valid action for seccomp"),
            (
                #""defaultAction": "SCMP_ACT_NOTIFY""#,
                "defaultAction: SCMP_ACT_NOTIFY is not supported"
            ),
            (
                #""defaultAction": "SCMP_ACT_KILL", "defaultErrnoRet": 1"#,
                "defaultErrnoRet: SCMP_ACT_KILL has no errno"
            ),
            (
                #""defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4096"#,
                "defaultErrnoRet: 4096 is above 4095"
            ),
            (
                #""defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86", "x"]"#,
                "architectures[1]: string x is not a valid arch for seccomp"
            ),
            (
                #""defaultAction": "SCMP_ACT_ALLOW", "flags": ["x"]"#,
                "flags[0]: seccomp flag x is not known to vmrun"
            ),
            (
                #""defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_NOTIFY"}]"#,
                "syscalls[0].action: SCMP_ACT_NOTIFY is not supported"
            ),
            (
                #""defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [""], "action": "SCMP_ACT_LOG"}]"#,
                "syscalls[0].names[0]: empty string is not a valid syscall"
            ),
            (
                #""defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_LOG", "args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]}]"#,
                "syscalls[0].args[0].index: 6 is above 5"
            ),
            (
                #""defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_LOG", "args": [{"index": 0, "value": 1, "op": "x"}]}]"#,
                "syscalls[0].args[0].op: string x is not a valid operator for seccomp"
            ),
        ])
    func refuses(members: String, message: String) {
        #expect {
            try compile("{\(members)}")
        } throws: {
            "\($0)" == message
        }
    }
}
