import Foundation
import Glibc
import Linux
import Testing

/// Where the sandbox of a container is on the host, as the sandbox sees it and as the host sees the sandbox.
@Suite(
    .enabled(if: canRun), .enabled(if: ProcessSetup.mayAdminister, "needs CAP_SYS_ADMIN"))
struct SandboxPlaceTests {
    private func edit(_ bundle: TestBundle, _ old: String, _ new: String) throws {
        let text = try String(contentsOfFile: bundle.bundle + "/config.json", encoding: .utf8)
        try bundle.write(text.replacing(old, with: new))
    }

    /// What the sandbox says of its own view, and what somebody sees who enters its mount namespace.
    private func views(_ bundle: TestBundle) throws -> (own: String, visitor: String) {
        let run = try Invocation(bundle)
        #expect(eventually { run.outputText.hasSuffix("descriptors work\n") })
        let pid = try #require(bundle.sandboxPid)
        let output = try OwnedFD.memoryFile("output")
        let program = Invocation.products + "/FakeSandbox"
        let visitor = try Child.spawn(
            program, arguments: [program, "enter", String(pid)], environment: [],
            descriptors: [output.rawValue, output.rawValue, output.rawValue])
        #expect(try visitor.wait() == .exited(0))
        run.child.signal(SIGKILL)
        _ = try run.status()
        let text = String(decoding: try output.read(upTo: 65536, at: 0), as: UTF8.self)
        return (run.outputText, text)
    }

    @Test(arguments: [true, false])
    func seesNothingButTheRootOfTheContainer(hasProc: Bool) throws {
        let bundle = try TestBundle(["enclosed"])
        let root = bundle.bundle + "/rootfs"
        if hasProc {
            try FileManager.default.createDirectory(
                atPath: root + "/proc", withIntermediateDirectories: false)
        }
        let (own, visitor) = try views(bundle)
        #expect(
            own == """
                / \(hasProc ? "[\"proc\"]" : "[]")
                pid 1
                mounts 0
                above the descriptors: nothing
                descriptors work

                """)
        #expect(
            visitor == """
                / \(hasProc ? "[\"proc\", \"through-the-share\"]" : "[\"through-the-share\"]")
                processes \(hasProc ? "[\"1\"]" : "[]")

                """)
        let left = try FileManager.default.contentsOfDirectory(atPath: root).sorted()
        #expect(left == ["made"] + (hasProc ? ["proc"] : []) + ["through-the-share"])
        let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        #expect(!mounts.contains(bundle.folder))
    }

    /// Those who mount for a container: in its mount namespace, by its pid or in a createContainer hook.
    @Test func hasWhatHooksMountAndTheHostHasNot() throws {
        let bundle = try TestBundle(["enclosed"])
        let below = bundle.bundle + "/rootfs/below"
        for name in ["", "/by-pid", "/by-hook"] {
            try FileManager.default.createDirectory(
                atPath: below + name, withIntermediateDirectories: false)
        }
        let byPID =
            #"pid=$(sed 's/.*\"pid\":\([0-9]*\).*/\1/'); "#
            + "nsenter -t $pid -m mount -t tmpfs none \(below)"
        let byHook = "mount -t tmpfs none below && mkdir below/of-the-hook"
        let hooks = [("createRuntime", byPID), ("createContainer", byHook)].map { kind, script in
            let text = script.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return #""\#(kind)": [{"path": "/bin/sh", "args": ["sh", "-c", "\#(text)"]}]"#
        }
        try edit(
            bundle, #""root":"#, "\"hooks\": {\(hooks.joined(separator: ","))}, \"root\":")
        #expect(try views(bundle).own.contains("below [\"of-the-hook\"]\n"))
        let names = try FileManager.default.contentsOfDirectory(atPath: below).sorted()
        #expect(names == ["by-hook", "by-pid"])
        let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        #expect(!mounts.contains(bundle.folder))
    }

    /// Engines copy files to volumes that way. The process itself does not see them.
    @Test func thoseWhoEnterSeeVolumes() throws {
        let bundle = try TestBundle(["enclosed"])
        let root = bundle.bundle + "/rootfs"
        let source = bundle.folder + "/source"
        for folder in [source + "/inside", root + "/volume", root + "/below", root + "/file"] {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        }
        // What is not there, is of another kind, or is behind a link.
        try FileManager.default.createSymbolicLink(
            atPath: root + "/link", withDestinationPath: "/volume/../..")
        let mounts = ["/volume", "/missing/place", "/file/", "/link/volume/inside"].map { place in
            let source = place == "/file/" ? "/dev/null" : source
            return
                #"{"destination": "\#(place)", "source": "\#(source)", "options": ["bind", "rw"]}"#
        }
        try edit(
            bundle, #""root":"#, "\"mounts\": [\(mounts.joined(separator: ","))], \"root\":")
        let (own, visitor) = try views(bundle)
        #expect(visitor.contains("volume [\"inside\"]\n"))
        #expect(own.contains("below []\n"))
        let left = try FileManager.default.contentsOfDirectory(atPath: root).sorted()
        #expect(!left.contains("missing"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: root + "/volume").isEmpty)
    }

    /// What is called proc in the root may lead anywhere.
    @Test func doesNotFollowALinkToMountOn() throws {
        let bundle = try TestBundle(["enclosed"])
        let root = bundle.bundle + "/rootfs"
        try FileManager.default.createDirectory(
            atPath: root + "/etc", withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(
            atPath: root + "/proc", withDestinationPath: "etc")
        #expect(try views(bundle).visitor.contains("processes []\n"))
    }

    @Test func aReadOnlyRootIsReadOnlyForThoseWhoEnter() throws {
        let bundle = try TestBundle(["enclosed"])
        try edit(bundle, #""path": "rootfs""#, #""path": "rootfs", "readonly": true"#)
        let (own, visitor) = try views(bundle)
        #expect(visitor.contains("write: read-only file system\n"))
        #expect(own.hasSuffix("descriptors work\n"))
    }

    @Test func hasANetworkOfItsOwn() throws {
        let bundle = try TestBundle(["wait"])
        let run = try Invocation(bundle)
        #expect(eventually { run.outputText == "started\n" })
        let pid = try #require(bundle.sandboxPid)
        let own = try OwnedFD.target(ofLink: "/proc/self/ns/net")
        #expect(try OwnedFD.target(ofLink: "/proc/\(pid)/ns/net") != own)
        #expect(
            try OwnedFD.target(ofLink: "/proc/\(pid)/ns/pid")
                != OwnedFD.target(ofLink: "/proc/self/ns/pid"))
        run.child.signal(SIGKILL)
        _ = try run.status()
    }

    @Test func joinsTheNetworkThatIsNamed() throws {
        let bundle = try TestBundle(["wait"])
        try edit(
            bundle, #"{"type": "network"}"#,
            #"{"type": "network", "path": "/proc/self/ns/net"}"#)
        let run = try Invocation(bundle)
        #expect(eventually { run.outputText == "started\n" })
        let pid = try #require(bundle.sandboxPid)
        #expect(
            try OwnedFD.target(ofLink: "/proc/\(pid)/ns/net")
                == OwnedFD.target(ofLink: "/proc/self/ns/net"))
        run.child.signal(SIGKILL)
        _ = try run.status()
        #expect(run.errorText == "")
    }

    @Test(arguments: [
        ("/nonexistent", "open /nonexistent: no such file or directory"),
        ("/dev/null", "/dev/null is not a network namespace"),
        ("/proc/self/ns/pid", "/proc/self/ns/pid is not a network namespace"),
    ])
    func refusesWhatIsNoNetwork(path: String, reason: String) throws {
        let bundle = try TestBundle(["wait"])
        try edit(bundle, #"{"type": "network"}"#, #"{"type": "network", "path": "\#(path)"}"#)
        let run = try Invocation(bundle)
        #expect(try run.status() == 1)
        #expect(
            run.errorText.hasSuffix(
                "vmrun run failed: linux.namespaces[1].path: \(reason)\n"))
        #expect(bundle.containers == [])
    }

    @Test(arguments: [true, false])
    func itsControlGroupGoesWithIt(itselfIsKilled: Bool) throws {
        let bundle = try TestBundle(["wait"])
        let run = try Invocation(bundle)
        #expect(eventually { run.outputText == "started\n" })
        let pid = try #require(bundle.sandboxPid)
        let watcher = try #require(bundle.state?["networkPid"] as? Int)
        let folders = bundle.cgroupFolders
        for folder in folders {
            let members = try String(contentsOfFile: folder + "/cgroup.procs", encoding: .utf8)
            let own = [pid, watcher].map { "\($0)" }
            #expect(members.split(separator: "\n").map(String.init).sorted() == own.sorted())
        }
        kill(itselfIsKilled ? pid_t(pid) : run.child.pid, SIGKILL)
        #expect(try run.status() == 137)
        #expect(eventually { folders.allSatisfy { !FileManager.default.fileExists(atPath: $0) } })
    }
}

extension TestBundle {
    fileprivate var sandboxPid: Int? { state?["pid"] as? Int }

    fileprivate var cgroupFolders: [String] { state?["cgroups"] as? [String] ?? [] }
}
