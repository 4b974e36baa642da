import Linux
import Testing

@Suite("Error numbers")
struct ErrnoTests {
    /// Go's syscall package, whose words runc's callers know.
    @Test(
        "texts are those of Go",
        arguments: [
            (Errno.noSuchFile, "no such file or directory", "ENOENT"),
            (.permissionDenied, "permission denied", "EACCES"),
            (.notPermitted, "operation not permitted", "EPERM"),
            (.io, "input/output error", "EIO"),
        ])
    func text(error: Errno, text: String, name: String) {
        #expect(error.description == text)
        #expect(error.name == name)
    }

    @Test("an unknown number has a text, too")
    func unknown() {
        #expect(Errno(rawValue: 99999).name == "E99999")
        #expect(!Errno(rawValue: 99999).description.isEmpty)
    }

    @Test("a negative result is an error, any other is the value")
    func check() throws {
        #expect(try Errno.check(0) == 0)
        #expect(try Errno.check(42) == 42)
        #expect(throws: Errno.invalidArgument) { try Errno.check(-22) }
    }

    @Test("an interrupted call is made again")
    func retrying() throws {
        var results = [-4, -4, 3]

        let value = try Errno.retrying { results.removeFirst() }

        #expect(value == 3)
        #expect(throws: Errno.wouldBlock) { try Errno.retrying { -11 } }
    }
}
