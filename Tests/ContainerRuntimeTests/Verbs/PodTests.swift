import Foundation
import Glibc
import Linux
import OCISpec
import Testing

@testable import ContainerRuntime

/// The container "m" in the machine of "c", whose namespaces it joins, with the fake sandbox behind both.
@Suite(
    .enabled(if: canRun), .enabled(if: ProcessSetup.mayAdminister, "needs CAP_SYS_ADMIN"))
struct PodTests {
    private let owner: TestContainer
    private var folder: String { owner.bundle.folder }
    private var pidFile: String { folder + "/m.pid" }

    init() throws {
        owner = try TestContainer.running("wait")
    }

    /// The pid of what stands for it on the host.
    private var pid: pid_t? {
        (try? String(contentsOfFile: pidFile, encoding: .utf8)).flatMap { pid_t($0) }
    }

    private var isAlive: Bool {
        guard let pid else { return false }
        return kill(pid, 0) == 0 && !isZombie(Int(pid))
    }

    private func status(of id: String = "m") throws -> String? {
        let tree = try JSONSerialization.jsonObject(
            with: Data(try owner.call("state", id).output.utf8))
        return (tree as? [String: Any])?["status"] as? String
    }

    /// Its bundle, and the call that creates it.
    private func create(_ arguments: String..., under prefix: [String] = []) throws -> Invocation {
        let text = try String(contentsOfFile: owner.bundle.bundle + "/config.json", encoding: .utf8)
        var document = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let owner = try #require(owner.pid)
        var linux = try #require(document["linux"] as? [String: Any])
        linux["namespaces"] =
            [["type": "pid"], ["type": "mount"]]
            + ["ipc": "ipc", "uts": "uts", "network": "net"].map { kind, file in
                ["type": kind, "path": "/proc/\(owner)/ns/\(file)"]
            }
        if let path = linux["cgroupsPath"] as? String { linux["cgroupsPath"] = path + "/m" }
        document["linux"] = linux
        document["process"] = ["cwd": "/", "args": arguments]
        let bundle = folder + "/member"
        try FileManager.default.createDirectory(
            atPath: bundle + "/rootfs", withIntermediateDirectories: true)
        try JSONSerialization.data(withJSONObject: document).write(
            to: URL(fileURLWithPath: bundle + "/config.json"))
        return try Invocation(
            ["create", "--bundle", bundle, "--pid-file", pidFile, "m"], in: self.owner.bundle,
            under: prefix)
    }

    private func createMember(_ part: String) throws {
        let call = try create(part)
        try #require(call.status() == 0, "\(call.errorText)")
    }

    private func delete(force: Bool) throws {
        let log = try Log(path: folder + "/log", format: .text, debug: false)
        try Delete.run(
            ContainerID("m"), force: force, root: owner.bundle.root, patience: 60, log: log)
    }

    @Test func isMadeInTheMachineOfItsNeighbour() throws {
        let creator = try create("wait")
        #expect(try creator.status() == 0, "\(creator.errorText)")
        let pid = try #require(pid)
        let neighbour = try #require(owner.pid)
        #expect(
            eventually {
                owner.output == "started\nadded m beside c: root in a folder of its own true\n"
            })
        #expect(
            try OwnedFD.target(ofLink: "/proc/\(pid)/ns/net")
                == OwnedFD.target(ofLink: "/proc/\(neighbour)/ns/net"))
        #expect(try status() == "created")
        #expect(try owner.call("start", "m") == .quiet)
        #expect(eventually { creator.outputText == "started\n" })
        #expect(try status() == "running")
        #expect(try owner.call("kill", "m", "USR1") == .quiet)
        #expect(eventually { creator.outputText == "started\nsignal 10\n" })
        #expect(try owner.call("delete", "m").status == 1)
        #expect(try owner.call("delete", "--force", "m") == .quiet)
        #expect(eventually { !isAlive })
        #expect(owner.bundle.containers == ["c"])
        #expect(try status(of: "c") == "running")
    }

    /// As conmon and containerd's shim see it.
    @Test func itsStatusIsThatOfWhatStandsForIt() throws {
        let reaper = Invocation.products + "/FakeSandbox"
        let creator = try create("exit", "42", under: [reaper, "reap", pidFile])
        #expect(eventually { pid != nil && (try? status()) == "created" })
        #expect(try owner.call("start", "m") == .quiet)
        #expect(try creator.status() == 42)
        #expect(eventually { (try? status()) == "stopped" })
        #expect(try owner.call("delete", "m") == .quiet)
        #expect(owner.bundle.containers == ["c"])
    }

    @Test(arguments: [[], ["--force"]])
    func endsWithWhatStandsForIt(flags: [String]) throws {
        try createMember("wait")
        kill(try #require(pid), SIGKILL)
        #expect(eventually { owner.output.hasSuffix("lost m\n") })
        #expect(try status() == "stopped")
        #expect(try owner.call(["delete"] + flags + ["m"]) == .quiet)
        #expect(owner.bundle.containers == ["c"])
        #expect(try status(of: "c") == "running")
    }

    @Test func endsWithItsMachine() throws {
        try createMember("wait")
        kill(try #require(owner.pid), SIGKILL)
        #expect(eventually { !isAlive })
        #expect(eventually { (try? status()) == "stopped" })
        #expect(try owner.call("delete", "m") == .quiet)
        #expect(try owner.call("delete", "c") == .quiet)
        #expect(owner.bundle.containers == [])
    }

    @Test func oneThatTheGuestRefusesLeavesNothing() throws {
        let creator = try create("refused", "no room")
        #expect(try creator.status() == 1)
        #expect(creator.errorText == "vmrun create failed: no room\n")
        #expect(owner.bundle.containers == ["c"])
        #expect(!isAlive)
        #expect(try status(of: "c") == "running")
    }

    /// Engines call `delete --force` at the end of each container, and go on when it is done.
    @Test func aGuestThatDoesNotLetItGoHoldsUpTheForcedEndNoLongerThanThat() throws {
        try createMember("kept")
        kill(try #require(pid), SIGKILL)
        #expect(eventually { !isAlive })
        let text = "the machine of container c does not end m"
        #expect {
            try delete(force: false)
        } throws: {
            "\($0)" == text
        }
        #expect(owner.bundle.containers.sorted() == ["c", "m"])
        try delete(force: true)
        #expect(owner.bundle.containers == ["c"])
        let log = try String(contentsOfFile: folder + "/log", encoding: .utf8)
        #expect(log.contains(text))
        #expect(log.contains("warning"))
    }
}
