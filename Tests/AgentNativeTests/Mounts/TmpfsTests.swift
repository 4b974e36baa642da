@testable import AgentCore
import Protocols
import Testing

@Suite("Temporary file systems", .native)
struct TmpfsTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    @Test("options of the file system are passed on")
    func options() throws {
        let outcome = try agent.shell("stat -c '%a %u %g' /tmp; grep ' /tmp ' /proc/self/mounts") {
            $0.mounts.append(
                Plans.mount(
                    "/tmp", "tmpfs", MountFlags.noExecution, "mode=1750,uid=7,gid=8,size=1024k"))
        }

        let mount = "tmpfs /tmp tmpfs rw,noexec,relatime,size=1024k,mode=1750,uid=7,gid=8"
        #expect(outcome.output.hasPrefix("1750 7 8\n" + mount))
    }

    @Test("its size is a limit")
    func size() throws {
        let outcome = try agent.shell("dd if=/dev/zero of=/tmp/x bs=1k count=100 2>&1") {
            $0.mounts.append(Plans.mount("/tmp", "tmpfs", 0, "size=64k"))
        }

        #expect(outcome.status == 1)
        #expect(outcome.output.contains("No space left on device"))
    }

    @Test("the source is what the plan calls it")
    func source() throws {
        let table = try agent.mounts {
            var mount = Plans.mount("/tmp", "tmpfs")
            mount.source = "scratch"
            $0.mounts.append(mount)
        }

        #expect(table["/tmp"]?.source == "scratch")
    }

    @Test("one that hides a folder of the image is empty, with the folder's mode")
    func hides() throws {
        try agent.put("x", at: "rootfs/data/file")
        try agent.setMode(0o2751, of: "rootfs/data")

        let outcome = try agent.shell("ls -A /data; stat -c %a /data") {
            $0.mounts.append(Plans.mount("/data", "tmpfs"))
        }

        #expect(outcome == Outcome(output: "2751\n"))
    }

    @Test("the folder's mode is in the mount table, before the options of the plan")
    func inheritedModeIsOption() throws {
        try agent.makeFolder("rootfs/data")
        try agent.setMode(0o710, of: "rootfs/data")

        let outcome = try agent.shell("grep ' /data ' /proc/self/mounts") {
            $0.mounts.append(Plans.mount("/data", "tmpfs", 0, "size=64k"))
        }

        #expect(outcome.output.hasPrefix("tmpfs /data tmpfs rw,relatime,size=64k,mode=710"))
    }

    @Test("a mode that the plan gives is not the folder's")
    func explicitMode() throws {
        try agent.makeFolder("rootfs/data")
        try agent.setMode(0o751, of: "rootfs/data")

        let outcome = try agent.shell("stat -c %a /data") {
            $0.mounts.append(Plans.mount("/data", "tmpfs", 0, "size=64k,mode=700"))
        }

        #expect(outcome == Outcome(output: "700\n"))
    }

    @Test("without a mode and a folder of the image it has the kernel's")
    func kernelMode() throws {
        let outcome = try agent.shell("stat -c %a /data") {
            $0.mounts.append(Plans.mount("/data", "tmpfs"))
        }

        #expect(outcome == Outcome(output: "1777\n"))
    }

    @Test("a read-only /dev has all its devices, and then no more")
    func readonlyDev() throws {
        let outcome = try agent.shell("ls /dev/null && touch /dev/x") {
            $0.mounts[1].flags |= MountFlags.readonly
        }

        let error = "touch: /dev/x: Read-only file system\n"
        #expect(outcome == Outcome(status: 1, output: "/dev/null\n", errors: error))
    }
}

@Suite("Temporary file systems with a copy of what they hide", .native)
struct CopyUpTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    private func copied(_ script: String) throws -> Outcome {
        try agent.shell(script) {
            var mount = Plans.mount("/data", "tmpfs")
            mount.copyUp = true
            $0.mounts.append(mount)
        }
    }

    @Test("files, folders and links are copied, and may be changed")
    func tree() throws {
        try agent.put("text", at: "rootfs/data/file", mode: 0o4711)
        try agent.put("deep", at: "rootfs/data/a/b/c/file")
        try agent.link("rootfs/data/link", to: "/etc/passwd")
        try agent.setOwner(1000, of: "rootfs/data/a")
        try agent.setMode(0o715, of: "rootfs/data/a")
        try agent.setMode(0o711, of: "rootfs/data")

        let outcome = try copied(
            """
            cd /data; cat file a/b/c/file; echo; readlink link
            stat -c '%a %u %n' . file a; echo more >>file; cat file
            """)

        let expected = """
            textdeep
            /etc/passwd
            711 0 .
            4711 0 file
            715 1000 a
            textmore

            """
        #expect(outcome == Outcome(output: expected))
        #expect(agent.text(of: "rootfs/data/file") == "text")
    }

    @Test("a large folder is copied whole")
    func many() throws {
        for number in 0..<300 { try agent.put("\(number)", at: "rootfs/data/file-\(number)") }

        let outcome = try copied("ls /data | wc -l; cat /data/file-299")

        #expect(outcome == Outcome(output: "300\n299"))
    }

    @Test("a link to a folder outside is copied, not followed")
    func link() throws {
        try agent.put("secret", at: "outside/file")
        try agent.makeFolder("rootfs/data")
        try agent.link("rootfs/data/link", to: "../../outside")

        let outcome = try copied("ls /data; readlink /data/link")

        #expect(outcome == Outcome(output: "link\n../../outside\n"))
    }

    @Test("a destination that is missing is made and empty")
    func missing() throws {
        #expect(try copied("ls -A /data && touch /data/x") == Outcome())
    }

    @Test("a tree that is too deep is an error")
    func deep() throws {
        try agent.makeFolder("rootfs/data" + String(repeating: "/d", count: 60))
        var plan = Plans.container("true")
        var mount = Plans.mount("/data", "tmpfs")
        mount.copyUp = true
        plan.mounts.append(mount)

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "mount at \"/data\": too many levels of symbolic links")
    }
}
