import Testing

@testable import SeccompCompiler

@Suite("Filters of the jail") struct JailFilterTests {
    private static let kinds = JailCalls.Kind.allCases

    private func answer(
        _ kind: JailCalls.Kind, _ name: String, _ arguments: UInt64...
    ) throws -> Answer {
        let number = try #require(
            LibraryFilter.number(
                ofSystemCall: name, on: LibraryFilter.nativeArchitecture))
        var call = Call(UInt32(number))
        call.arguments = arguments
        return try call.answer(ofFilter: JailFilter.program(for: kind))
    }

    @Test("what is listed is allowed, all else is trapped", arguments: kinds)
    func lists(kind: JailCalls.Kind) throws {
        let program = try JailFilter.program(for: kind)
        let listed = Set(
            JailCalls.of(kind).map {
                LibraryFilter.number(
                    ofSystemCall: $0.name, on: LibraryFilter.nativeArchitecture)
            })
        let checked = Set(
            JailCalls.of(kind).filter { !$0.conditions.isEmpty }.map {
                LibraryFilter.number(
                    ofSystemCall: $0.name, on: LibraryFilter.nativeArchitecture)
            })
        let answered = Set(
            JailCalls.answered.map {
                LibraryFilter.number(
                    ofSystemCall: $0.name, on: LibraryFilter.nativeArchitecture)
            })
        #expect(answered.isDisjoint(with: listed))
        for number in Int32(0)..<500
        where !checked.contains(number) && !answered.contains(number) {
            #expect(
                try Call(UInt32(number)).answer(ofFilter: program)
                    == (listed.contains(number) ? .allow : .trap))
        }
    }

    @Test("a program that asks for a larger heap gets none", arguments: kinds)
    func heap(kind: JailCalls.Kind) throws {
        // Not an error's number: brk(2) has none, and the C library would take it for an address.
        #expect(try answer(kind, "brk", 0) == .errno(0))
        #expect(try answer(kind, "brk", 1 << 40) == .errno(0))
    }

    @Test("every call has a reason, and none is listed twice", arguments: kinds)
    func reasons(kind: JailCalls.Kind) {
        let calls = JailCalls.of(kind)
        #expect(calls.allSatisfy { !$0.reason.isEmpty && $0.rareness != "" })
        let names = calls.filter { $0.name != "ioctl" && $0.name != "madvise" }.map(\.name)
        #expect(names.count == Set(names).count)
    }

    @Test("calls by the numbers of other architectures end the process", arguments: kinds)
    func architectures(kind: JailCalls.Kind) throws {
        let program = try JailFilter.program(for: kind)
        #expect(try Call(4, .i386).answer(ofFilter: program) == .killThread)
        #expect(try Call.x32(1).answer(ofFilter: program) != .allow)
    }

    @Test("memory becomes executable in no thread", arguments: kinds)
    func executableMemory(kind: JailCalls.Kind) throws {
        #expect(try answer(kind, "mmap", 0, 4096, 3, 0x22) == .allow)
        #expect(try answer(kind, "mmap", 0, 4096, 7, 0x22) == .trap)
        #expect(try answer(kind, "mmap", 0, 4096, 4, 0x22) == .trap)
        #expect(try answer(kind, "mprotect", 0, 4096, 4) == .trap)
    }

    @Test(
        "no thread makes processes, threads, sockets or mounts, or looks into others",
        arguments: kinds)
    func outside(kind: JailCalls.Kind) throws {
        for name in [
            "clone", "clone3", "fork", "vfork", "execve", "execveat", "socket", "socketpair",
            "connect", "bind", "ptrace", "process_vm_readv", "process_vm_writev", "mount", "setns",
            "unshare", "pivot_root", "chroot", "open_tree", "move_mount", "bpf", "keyctl",
            "kexec_load",
            "open_by_handle_at", "name_to_handle_at", "io_uring_setup", "userfaultfd",
            "perf_event_open",
            "pidfd_open", "pidfd_getfd", "kill", "openat", "open", "init_module", "seccomp",
            "prctl",
        ] {
            #expect(try answer(kind, name) == .trap, "\(name)")
        }
    }

    @Test("an ioctl is allowed by its number alone, whatever the upper half of the register says")
    func ioctl() throws {
        let run: UInt64 = 0xae80
        let createMachine: UInt64 = 0xae01
        #expect(try answer(.processor, "ioctl", 9, run) == .allow)
        #expect(try answer(.processor, "ioctl", 9, run | 1 << 40) == .allow)
        #expect(try answer(.processor, "ioctl", 9, createMachine) == .trap)
        #expect(try answer(.files, "ioctl", 9, run) == .trap)
        let getFlags: UInt64 = 0x8008_6601
        let injectInput: UInt64 = 0x5412  // TIOCSTI
        #expect(try answer(.files, "ioctl", 9, getFlags) == .allow)
        #expect(try answer(.loop, "ioctl", 9, injectInput) == .trap)
        #expect(try answer(.standIn, "ioctl", 9, injectInput) == .trap)
    }

    /// So many that another one is a decision.
    @Test("a sandbox has few calls")
    func counts() {
        func names(_ kinds: JailCalls.Kind...) -> Set<String> {
            Set(kinds.flatMap { JailCalls.of($0).map(\.name) })
        }
        #expect(names(.processor).count <= 7)
        #expect(names(.card).count <= 13)
        #expect(names(.loop).count <= 18)
        #expect(names(.files).count <= 39)
        #expect(names(.standIn).count <= 11)
        #expect(names(.processor, .card, .loop, .files).count <= 45)
    }
}
