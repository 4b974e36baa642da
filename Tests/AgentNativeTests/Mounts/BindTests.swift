@testable import AgentCore
import Protocols
import Testing

@Suite("Bind mounts", .native)
struct BindTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    @Test("what a container writes to a folder is the host's")
    func folder() throws {
        try agent.put("from the host\n", at: "volume/in")

        let outcome = try agent.shell("cat /v/in; echo from the container >/v/out") {
            $0.mounts.append(Plans.bind("volume", at: "/v"))
        }

        #expect(outcome == Outcome(output: "from the host\n"))
        #expect(agent.text(of: "volume/out") == "from the container\n")
    }

    @Test(
        "a single file is mounted, over one of the image or where there is none",
        arguments: ["/etc/passwd", "/new/folder/file"])
    func file(destination: String) throws {
        try agent.put("old\n", at: "file")

        let outcome = try agent.shell("cat \(destination); echo new >\(destination)") {
            $0.mounts.append(Plans.bind("file", at: destination))
        }

        #expect(outcome == Outcome(output: "old\n"))
        #expect(agent.text(of: "file") == "new\n")
    }

    @Test("a part of the container's own tree is bound with what is mounted there")
    func ownTree() throws {
        try agent.put("x", at: "volume/in")
        try agent.put("y", at: "rootfs/data/own")

        let outcome = try agent.shell("cat /copy/v/in /copy/own") {
            $0.mounts.append(Plans.bind("volume", at: "/data/v"))
            var own = Plans.bind("", at: "/copy")
            own.source = "/data"
            $0.mounts.append(own)
        }

        #expect(outcome == Outcome(output: "xy"))
    }

    @Test("a folder is mounted where there is none, in a read-only root too")
    func missingFolder() throws {
        try agent.put("x", at: "volume/in")

        let outcome = try agent.shell("cat /a/b/c/in; stat -c %a /a/b") {
            $0.mounts.append(Plans.bind("volume", at: "/a/b/c"))
        }

        #expect(outcome == Outcome(output: "x755\n"))
    }

    @Test(
        "a folder cannot be mounted on a file, or a file on a folder",
        arguments: [("volume", "/etc/passwd"), ("volume/in", "/etc")])
    func kinds(source: String, destination: String) throws {
        try agent.put("x", at: "volume/in")
        var plan = Plans.container("true")
        plan.mounts.append(Plans.bind(source, at: destination))

        let failure = try agent.failure(of: plan)

        #expect(failure.operation == "mount at \"\(destination)\"")
    }

    @Test("a source that is missing is an error")
    func missingSource() throws {
        var plan = Plans.container("true")
        plan.mounts.append(Plans.bind("nothing", at: "/v"))

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "mount at \"/v\": no such file or directory")
    }

    @Test("`..` does not lead out of the share")
    func outside() throws {
        try agent.put("inside\n", at: "etc/hostname")

        let outcome = try agent.run(Plans.container("cat", "/v/hostname")) {
            $0.mounts.append(Plans.bind("../../../etc", at: "/v"))
        }

        #expect(outcome == Outcome(output: "inside\n"))
    }

    struct Options: Sendable, CustomTestStringConvertible {
        let flags: UInt64
        var cleared: UInt64 = 0
        let options: Set<String>
        var testDescription: String { options.sorted().joined(separator: ",") }
    }

    @Test(
        "options are those of the mount",
        arguments: [
            Options(flags: MountFlags.readonly, options: ["ro", "relatime"]),
            Options(
                flags: MountFlags.noSetID | MountFlags.noDevices | MountFlags.noExecution,
                options: ["rw", "nosuid", "nodev", "noexec", "relatime"]),
            Options(flags: MountFlags.noAccessTime, options: ["rw", "noatime"]),
            Options(flags: MountFlags.strictAccessTime, options: ["rw"]),
            Options(
                flags: MountFlags.noDirectoryAccessTime,
                options: ["rw", "nodiratime", "relatime"]),
            Options(
                flags: MountFlags.noSymbolicLinks, options: ["rw", "nosymfollow", "relatime"]),
            Options(
                flags: 0, cleared: MountFlags.readonly | MountFlags.noExecution,
                options: ["rw", "relatime"]),
        ])
    func options(expected: Options) throws {
        try agent.makeFolder("volume")

        let table = try agent.mounts {
            var mount = Plans.bind("volume", at: "/v", flags: expected.flags)
            mount.clearedFlags = expected.cleared
            $0.mounts.append(mount)
        }

        #expect(table["/v"]?.options == expected.options)
    }

    @Test("a read-only folder cannot be written, and stays writable elsewhere")
    func readonly() throws {
        try agent.put("x", at: "volume/in")

        let outcome = try agent.shell("touch /w/new && touch /r/in") {
            $0.mounts.append(Plans.bind("volume", at: "/r", flags: MountFlags.readonly))
            $0.mounts.append(Plans.bind("volume", at: "/w"))
        }

        #expect(outcome.errors == "touch: /r/in: Read-only file system\n")
        #expect(agent.text(of: "volume/new")?.isEmpty == true)
    }

    @Test("noexec keeps programs from being executed")
    func noExecution() throws {
        try agent.put("#!/bin/sh\n", at: "volume/tool", mode: 0o755)
        var plan = Plans.container("/v/tool")
        plan.mounts.append(Plans.bind("volume", at: "/v", flags: MountFlags.noExecution))

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "exec: \"/v/tool\": permission denied")
    }

    @Test("a mount lies in the one before it, and hides what is below it")
    func order() throws {
        try agent.put("outer", at: "outer/inner/file")
        try agent.put("inner", at: "inner/file")

        let outcome = try agent.shell("cat /v/inner/file; cat /w/inner/file") {
            $0.mounts.append(Plans.bind("outer", at: "/v"))
            $0.mounts.append(Plans.bind("inner", at: "/v/inner"))
            $0.mounts.append(Plans.bind("inner", at: "/w/inner"))
            $0.mounts.append(Plans.bind("outer", at: "/w"))
        }

        #expect(outcome == Outcome(output: "innerouter"))
    }

    @Test("recursive attributes are set")
    func recursive() throws {
        try agent.makeFolder("volume")

        let table = try agent.mounts {
            var mount = Plans.bind("volume", at: "/v", flags: MountFlags.noDevices)
            mount.recursiveAttributesSet = MountAttributes.readonly | MountAttributes.noExecution
            $0.mounts.append(mount)
        }

        #expect(table["/v"]?.options == ["ro", "nodev", "noexec", "relatime"])
    }
}
