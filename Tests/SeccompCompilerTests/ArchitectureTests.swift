import OCISpec
import Testing

@testable import SeccompCompiler

@Suite("Seccomp architectures and newer calls") struct ArchitectureTests {
    /// asm/unistd_64.h and asm/unistd_32.h
    private enum Number {
        static let read: UInt32 = 0
        static let read32: UInt32 = 3
        static let mkdir: UInt32 = 83
        static let mkdir32: UInt32 = 39
        static let future: UInt32 = 9999
    }

    private static func profile(
        _ defaultAction: String, architectures: String = "SCMP_ARCH_X86_64"
    ) -> String {
        """
        {"defaultAction": "\(defaultAction)", "architectures": ["\(architectures)"],
         "syscalls": [{"names": ["read", "mkdir"], "action": "SCMP_ACT_ALLOW"}]}
        """
    }

    private static let threeOfThem = #"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"#

    @Test("rules hold for every architecture of the profile, by its own numbers")
    func several() throws {
        let program = try compile(
            Self.profile("SCMP_ACT_ERRNO", architectures: Self.threeOfThem))

        #expect(try Call(Number.mkdir).answer(of: program) == .allow)
        #expect(try Call(Number.mkdir32, .i386).answer(of: program) == .allow)
        #expect(try Call.x32(Number.mkdir).answer(of: program) == .allow)
        #expect(try Call(Number.read32).answer(of: program) == .errno(1))
        #expect(try Call.x32(Number.read32).answer(of: program) == .errno(1))
        #expect(try Call(Number.read, .i386).answer(of: program) == .errno(1))
    }

    @Test("a call that x86-64 has not is one of i386")
    func only32() throws {
        let program = try compile(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86"],
             "syscalls": [{"names": ["waitpid", "clone3"], "action": "SCMP_ACT_ALLOW"}]}
            """)
        let waitpid: UInt32 = 7

        #expect(try Call(waitpid, .i386).answer(of: program) == .allow)
        #expect(try Call(waitpid).answer(of: program) == .errno(1))
    }

    @Test("calls of an architecture that the profile does not name end the thread")
    func otherArchitecture() throws {
        let program = try compile(Self.profile("SCMP_ACT_ERRNO"))

        #expect(try Call(Number.mkdir32, .i386).answer(of: program) == .killThread)
        #expect(try Call(Number.mkdir, .aarch64).answer(of: program) == .killThread)
    }

    @Test("the native architecture is always there")
    func native() throws {
        let program = try compile(
            Self.profile("SCMP_ACT_ERRNO", architectures: "SCMP_ARCH_AARCH64"))

        #expect(try Call(Number.mkdir).answer(of: program) == .allow)
    }

    @Test("an architecture of the other byte order cannot be in the same filter")
    func otherByteOrder() {
        #expect(throws: SeccompError.self) {
            try compile(Self.profile("SCMP_ACT_ERRNO", architectures: "SCMP_ARCH_S390X"))
        }
    }

    @Test(
        "a call that is newer than the profile does not exist, on each architecture",
        arguments: ["SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP"])
    func newer(defaultAction: String) throws {
        let program = try compile(
            Self.profile(defaultAction, architectures: Self.threeOfThem))

        let missing = Answer.errno(38)
        #expect(try Call(Number.future).answer(of: program) == missing)
        #expect(try Call(Number.mkdir + 1).answer(of: program) == missing)
        #expect(try Call(Number.future, .i386).answer(of: program) == missing)
        #expect(try Call(Number.mkdir32 + 1, .i386).answer(of: program) == missing)
        #expect(try Call.x32(Number.future).answer(of: program) == missing)
        #expect(try Call.x32(Number.mkdir + 1).answer(of: program) == missing)
        #expect(try Call(Number.mkdir - 1).answer(of: program) != missing)
    }

    @Test(
        "where the default lets somebody see them, newer calls get it",
        arguments: [
            ("SCMP_ACT_ALLOW", .allow), ("SCMP_ACT_LOG", .log), ("SCMP_ACT_TRACE", .trace(1)),
        ] as [(String, Answer)])
    func permissive(defaultAction: String, answer: Answer) throws {
        let program = try compile(
            """
            {"defaultAction": "\(defaultAction)",
             "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_KILL"}]}
            """)

        #expect(try Call(Number.future).answer(of: program) == answer)
    }

    @Test("the profile's x32 part does not exist where the profile has no x32")
    func x32Alone() throws {
        let program = try compile(Self.profile("SCMP_ACT_ERRNO"))

        #expect(try Call.x32(Number.mkdir).answer(of: program) == .killThread)
    }

    @Test("what features tells is what the compiler takes")
    func names() throws {
        for name in SeccompNames.actions {
            _ = try compile("{\"defaultAction\": \"\(name)\"}")
        }
        #expect(SeccompNames.architectures.contains("SCMP_ARCH_X32"))
        #expect(SeccompNames.operators.count == 7)
        #expect(SeccompNames.flags.contains("SECCOMP_FILTER_FLAG_LOG"))
        #expect(SeccompNames.libraryVersion.hasPrefix("2."))
    }
}
