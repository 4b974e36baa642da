import Foundation
import Protocols
import Testing

/// The image decides what lies at a destination, so whatever does must not lead out of the root.
@Suite("Mount points stay in the root", .native)
struct MountPointTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
        try agent.put("mounted", at: "volume/file")
    }

    /// What lies in the share beside the root and in the root, before and after.
    private func listing(_ folder: String = "") -> [String] {
        let all = FileManager.default.enumerator(atPath: agent.share.path + "/" + folder)
        return (all?.compactMap { $0 as? String } ?? []).sorted()
    }

    @Test(
        "a link is followed as if the root were the only one",
        arguments: [
            ("/home/alice", "/home/alice"), ("../../../home/alice", "/home/alice"),
            ("/../../home/../home/alice", "/home/alice"), ("alice-2", "/alice-2"),
            ("/", "/"),
        ])
    func link(target: String, place: String) throws {
        try agent.makeFolder("rootfs/alice-2")
        try agent.link("rootfs/link", to: target)
        let before = listing()

        let outcome = try agent.shell("cat \(place)/v/file") {
            $0.mounts.append(Plans.bind("volume", at: "/link/v"))
        }

        #expect(outcome == Outcome(output: "mounted"))
        let made = listing().filter { !before.contains($0) }
        #expect(made == ["rootfs" + (place == "/" ? "" : place) + "/v"])
    }

    @Test("a link at the destination itself is followed inside", arguments: ["bind", "tmpfs"])
    func lastLink(type: String) throws {
        try agent.link("rootfs/link", to: "../../../../etc")

        let table = try agent.mounts {
            $0.mounts.append(
                type == "bind" ? Plans.bind("volume", at: "/link") : Plans.mount("/link", "tmpfs"))
        }

        #expect(table["/etc"] != nil)
    }

    @Test("what the kernel tells of itself lies at no link", arguments: ["proc", "sysfs"])
    func kernelLink(type: String) throws {
        try agent.makeFolder("rootfs/elsewhere")
        try agent.link("rootfs/link", to: "/elsewhere")
        var plan = Plans.container("true")
        plan.mounts.append(Plans.mount("/link", type))

        let failure = try agent.failure(of: plan)

        #expect(
            failure.message
                == "filesystem must be mounted on ordinary directory: \"/link\": not a directory")
    }

    /// Images whose /etc/resolv.conf is a link into /run are common.
    @Test(
        "what a link leads to is made inside where it is missing",
        arguments: [
            ("/run/a/b", "run/a/b"), ("../../run/./x/../c", "run/c"), ("new", "etc/new"),
            ("/other/d", "elsewhere/d"),
        ], ["volume", "volume/file"])
    func dangling(link: (target: String, place: String), source: String) throws {
        try agent.makeFolder("rootfs/etc")
        try agent.link("rootfs/etc/link", to: link.target)
        // A link that leads to another one, and that to what is missing.
        try agent.link("rootfs/other", to: "../elsewhere")
        let before = listing()

        let outcome = try agent.shell("cat /\(link.place)/file || cat /\(link.place)") {
            $0.mounts.append(Plans.bind(source, at: "/etc/link"))
        }

        #expect(outcome.output == "mounted")
        let made = listing().filter { !before.contains($0) }
        #expect(made.contains("rootfs/" + link.place))
        #expect(made.allSatisfy { $0.hasPrefix("rootfs/") })
    }

    @Test(
        "a link that leads nowhere is an error, and makes nothing",
        arguments: ["link", "/etc/link", "file/below", String(repeating: "x/", count: 2000)])
    func nowhere(target: String) throws {
        try agent.makeFolder("rootfs/etc")
        try agent.put("", at: "rootfs/etc/file")
        try agent.link("rootfs/etc/link", to: target)
        var plan = Plans.container("true")
        let name = String(repeating: "y", count: 200)
        plan.mounts.append(Plans.bind("volume", at: "/etc/link/" + name))
        let before = listing()

        let failure = try agent.failure(of: plan)

        #expect(failure.operation.hasPrefix("mount at \"/etc/link"))
        #expect(listing() == before)
    }

    @Test("links that lead to each other are an error")
    func loop() throws {
        try agent.link("rootfs/a", to: "b")
        try agent.link("rootfs/b", to: "a")
        var plan = Plans.container("true")
        plan.mounts.append(Plans.bind("volume", at: "/a/v"))

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "mount at \"/a/v\": too many levels of symbolic links")
    }

    @Test("`..` in a destination ends at the root")
    func parents() throws {
        let outcome = try agent.shell("cat /v/file") {
            $0.mounts.append(Plans.bind("volume", at: "/../a/../../v/./"))
        }

        #expect(outcome == Outcome(output: "mounted"))
    }

    @Test("a file on the way is an error")
    func file() throws {
        var plan = Plans.container("true")
        plan.mounts.append(Plans.bind("volume", at: "/etc/passwd/v"))

        let failure = try agent.failure(of: plan)

        #expect(failure.message == "mount at \"/etc/passwd/v\": not a directory")
    }

    @Test(
        "a link into /proc does not lead to the agent's root",
        arguments: ["/proc/self/root", "/proc/1/root", "/proc/self/cwd", "/proc/thread-self/fd/3"])
    func magicLink(target: String) throws {
        try agent.link("rootfs/link", to: target)
        var plan = Plans.container("true")
        plan.mounts.append(Plans.bind("volume", at: "/link/v"))

        let failure = try agent.failure(of: plan)

        #expect(failure.operation == "mount at \"/link/v\"")
    }

    /// openat2(2): `..` cannot be followed while anybody on this host mounts something, and the caller tries again.
    @Test("mounts of others at the same time are no obstacle")
    func others() throws {
        try agent.link("rootfs/link", to: "home/../home/../home/../home/../home/../home")
        let mounting = try OtherMounts()

        let messages = try (0..<20).map { number in
            var plan = Plans.container("true", id: "c\(number)")
            plan.mounts += (0..<20).map { Plans.bind("volume", at: "/link/\($0)") }
            return try agent.request(.createContainer(plan)).failure?.message
        }

        #expect(messages == [String?](repeating: nil, count: 20))
        #expect(mounting.stop() > 100)
    }

    @Test("links of a volume are followed inside the root, too")
    func volume() throws {
        try agent.link("volume/link", to: "../../../home")

        let outcome = try agent.shell("cat /home/v/file") {
            $0.mounts.append(Plans.bind("volume", at: "/volume"))
            $0.mounts.append(Plans.bind("volume", at: "/volume/link/v"))
        }

        #expect(outcome == Outcome(output: "mounted"))
    }

    @Test("/dev that is a link gets its devices inside the root")
    func devices() throws {
        try FileManager.default.removeItem(atPath: agent.share.path + "/rootfs/dev")
        try agent.link("rootfs/dev", to: "../../elsewhere")
        try agent.makeFolder("rootfs/elsewhere")
        try agent.makeFolder("elsewhere")

        let outcome = try agent.shell("stat -c %F /elsewhere/null")

        #expect(outcome == Outcome(output: "character special file\n"))
        #expect(listing("elsewhere").isEmpty)
    }
}
