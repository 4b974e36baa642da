@testable import AgentCore
import Foundation
import Protocols
import Testing

/// Images and plans with less, or with worse, than what is usual.
@Suite("Bare and hostile images", .native)
struct BareImageTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    private func removeFromRoot(_ name: String) throws {
        try FileManager.default.removeItem(atPath: agent.share.path + "/rootfs/" + name)
    }

    @Test("a plan without mounts has the devices in the image's own /dev")
    func noMounts() throws {
        let outcome = try agent.shell("ls /proc; stat -c %t:%T /dev/null") { $0.mounts = [] }

        #expect(outcome == Outcome(output: "1:3\n"))
        #expect(FileManager.default.fileExists(atPath: agent.share.path + "/rootfs/dev/null"))
    }

    @Test("an image without the folders of the mounts gets them")
    func emptyImage() throws {
        for name in ["dev", "proc", "sys", "tmp", "run", "etc"] { try removeFromRoot(name) }

        let outcome = try agent.shell("echo $HOME; ls -d /dev /proc /sys")

        #expect(outcome == Outcome(output: "/\n/dev\n/proc\n/sys\n"))
    }

    @Test("a terminal without a devpts is an error", arguments: [nil, "regular", "fifo"])
    func noTerminals(kind: String?) throws {
        let streams = try agent.stream()
        var plan = Plans.container("true")
        plan.process.terminal = true
        plan.process.streams.stdin = streams.port
        plan.mounts.removeAll { $0.destination.hasPrefix("/dev") }
        if kind == "regular" { try agent.put("x", at: "rootfs/dev/ptmx") }
        if kind == "fifo" { plan.devices = [Plans.device("/dev/ptmx", mode: 0o10666)] }

        let failure = try agent.failure(of: plan)

        #expect(failure.operation == "open a pseudo terminal")
    }

    @Test("a device that the image has already is not made again, or written to")
    func fakeDevice() throws {
        try agent.put("image\n", at: "rootfs/dev/null")

        let outcome = try agent.shell("cat /dev/null") {
            $0.mounts.removeAll { $0.destination.hasPrefix("/dev") }
        }

        #expect(outcome == Outcome(output: "image\n"))
    }

    @Test(
        "a mount over a link of the image in /dev stays inside",
        arguments: ["/../../../etc", "/proc/1/root/etc", "/proc/self/fd"])
    func linkInDev(target: String) throws {
        try removeFromRoot("dev")
        try agent.makeFolder("rootfs/dev")
        try agent.link("rootfs/dev/pts", to: target)
        var plan = Plans.container("true")
        plan.mounts.removeAll { $0.destination == "/dev" }
        let before = try agent.traces().mounts

        // A link into /proc is an error, another one is followed inside.
        try agent.request(.createContainer(plan))

        #expect(try agent.traces().mounts == before)
        #expect(try !Host.text(of: "/proc/self/mounts").contains("devpts /etc"))
    }

    @Test("an /etc/passwd that is a link out of the image is looked up inside it")
    func passwdLink() throws {
        try removeFromRoot("etc/passwd")
        try agent.put("root:x:0:0::/wrong:\n", at: "outside")
        try agent.put("root:x:0:0::/right:\n", at: "rootfs/outside")
        try agent.link("rootfs/etc/passwd", to: "../../../outside")

        let outcome = try agent.shell("echo $HOME")

        #expect(outcome == Outcome(output: "/right\n"))
    }

    @Test("an /etc/passwd that never ends is read in part")
    func hugePasswd() throws {
        let line = "user:x:5:5::/home:\n"
        try agent.put(
            String(repeating: line, count: 100_000) + "a:x:7:7::/a:\n", at: "rootfs/etc/passwd")

        let first = try agent.shell("echo $HOME") { $0.process.uid = 5 }
        let last = try agent.shell("echo $HOME") { $0.process.uid = 7 }

        #expect(first == Outcome(output: "/home\n"))
        #expect(last == Outcome(output: "/\n"))
    }
}
