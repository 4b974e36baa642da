@testable import AgentCore
import Protocols
import Testing

@Suite("Masked and read-only paths", .native)
struct ShieldTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    @Test("a masked file reads as empty")
    func file() throws {
        try agent.put("secret", at: "rootfs/etc/secret")

        let outcome = try agent.shell("cat /etc/secret; stat -c %t:%T /etc/secret") {
            $0.maskedPaths = ["/etc/secret"]
        }

        #expect(outcome == Outcome(output: "1:3\n"))
    }

    @Test("a masked folder is empty and cannot be written")
    func folder() throws {
        try agent.put("secret", at: "rootfs/data/secret")

        let outcome = try agent.shell("ls -A /data; touch /data/x") {
            $0.rootReadonly = false
            $0.maskedPaths = ["/data"]
        }

        #expect(outcome == Outcome(status: 1, errors: "touch: /data/x: Read-only file system\n"))
        #expect(agent.text(of: "rootfs/data/secret") == "secret")
    }

    @Test("those of runc spec that exist are masked")
    func defaults() throws {
        let outcome = try agent.shell(
            "for p in kcore keys timer_list; do test ! -e /proc/$p || cat /proc/$p; done")

        #expect(outcome == Outcome())
    }

    @Test("a path that is missing is left out", arguments: ["/nothing", "/etc/passwd/x"])
    func missing(path: String) throws {
        let outcome = try agent.shell("ls /nothing") {
            $0.maskedPaths = [path]
            $0.readonlyPaths = [path]
        }

        #expect(outcome.errors == "ls: /nothing: No such file or directory\n")
    }

    @Test("a link is masked at its target, inside the root")
    func link() throws {
        try agent.put("secret", at: "rootfs/etc/secret")
        try agent.link("rootfs/link", to: "../../etc/secret")

        let outcome = try agent.shell("cat /etc/secret") { $0.maskedPaths = ["/link"] }

        #expect(outcome == Outcome())
    }

    @Test("a read-only path can be read and not written")
    func readonly() throws {
        try agent.put("text\n", at: "rootfs/data/file")

        let outcome = try agent.shell("touch /other && cat /data/file && touch /data/file") {
            $0.rootReadonly = false
            $0.readonlyPaths = ["/data"]
        }

        let error = "touch: /data/file: Read-only file system\n"
        #expect(outcome == Outcome(status: 1, output: "text\n", errors: error))
    }

    @Test("kernel parameters cannot be written")
    func parameters() throws {
        let outcome = try agent.shell("echo x >/proc/sys/kernel/hostname")

        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("Read-only file system"))
    }

    @Test("masking comes after the read-only paths, and holds below them")
    func both() throws {
        try agent.put("secret", at: "rootfs/data/secret")

        let outcome = try agent.shell("cat /data/secret") {
            $0.readonlyPaths = ["/data"]
            $0.maskedPaths = ["/data/secret"]
        }

        #expect(outcome == Outcome())
    }

    @Test("the root is read-only where the plan says so")
    func readonlyRoot() throws {
        let outcome = try agent.shell("touch /etc/x")

        #expect(outcome == Outcome(status: 1, errors: "touch: /etc/x: Read-only file system\n"))
    }

    @Test("what is written to a root that is not is the host's")
    func writableRoot() throws {
        let outcome = try agent.shell("echo new >/etc/x") { $0.rootReadonly = false }

        #expect(outcome == Outcome())
        #expect(agent.text(of: "rootfs/etc/x") == "new\n")
    }
}
