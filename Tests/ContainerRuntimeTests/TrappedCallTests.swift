import Linux
import Testing

/// A system call that a filter of the jail does not allow.
@Suite struct TrappedCallTests {
    @Test func endsTheProcessAndIsNamedWithItsThread() throws {
        let output = try OwnedFD.memoryFile("output")
        let program = Invocation.products + "/FakeSandbox"
        let child = try Child.spawn(
            program, arguments: [program, "trap"], environment: [],
            descriptors: [output.rawValue, output.rawValue, output.rawValue])
        #expect(try child.wait() == .exited(159))
        #expect(
            String(decoding: try output.read(upTo: 4096, at: 0), as: UTF8.self)
                == "vmrun-sandbox: the seccomp filter of thread trapped does not allow the system call "
                + "getppid (110)\n")
    }
}
