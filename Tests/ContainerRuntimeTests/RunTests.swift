import Foundation
import Glibc
import KVM
import Linux
import Testing

let canRun = KVMProbe.run() == .hardware || KVMProbe.run() == .software

/// The verb `run`, as a process, against a sandbox that plays its part.
@Suite(.enabled(if: canRun)) struct RunTests {
    @Test(arguments: [0, 1, 42, 126, 255])
    func passesOnTheExitStatus(status: Int32) throws {
        let bundle = try TestBundle(["exit", String(status)])
        let run = try Invocation(bundle)
        #expect(try run.status() == status)
        #expect(run.errorText == "")
        #expect(bundle.containers == [])
    }

    @Test(arguments: [["--config", "other.json"], ["-f", "other.json"]])
    func takesAnotherConfiguration(flags: [String]) throws {
        let bundle = try TestBundle(["exit", "3"])
        let path = bundle.bundle + "/config.json"
        try FileManager.default.moveItem(atPath: path, toPath: bundle.bundle + "/other.json")
        #expect(try Invocation(bundle, ["run"] + flags).status() == 3)
        let missing = try Invocation(bundle, ["run", "--config", "none.json"])
        #expect(try missing.status() == 1)
        #expect(
            missing.errorText == "vmrun run failed: open none.json: no such file or directory\n")
    }

    @Test func takesTheNamesThatCrunHasForManagersOfControlGroups() throws {
        let bundle = try TestBundle(["exit", "3"])
        let cgroupfs = try Invocation(bundle, options: ["--cgroup-manager", "cgroupfs"])
        #expect(try cgroupfs.status() == 3)
        try bundle.write(
            """
            {"ociVersion": "1.2.0", "root": {"path": "rootfs"},
             "process": {"cwd": "/", "args": ["exit", "3"]},
             "linux": {"cgroupsPath": "/none/of/systemds", "namespaces": [
               {"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"},
               {"type": "mount"}]}}
            """)
        let systemd = try Invocation(bundle, options: ["--cgroup-manager=systemd"])
        #expect(try systemd.status() == 1)
        #expect(systemd.errorText.contains("linux.cgroupsPath"))
        let other = try Invocation(bundle, options: ["--cgroup-manager=disabled"])
        #expect(try other.status() == 1)
        #expect(other.errorText.contains("cgroupfs or systemd, not disabled"))
    }

    @Test func givesTheContainerItsStreams() throws {
        let bundle = try TestBundle(["cat"])
        let input = try OwnedFD.memoryFile("input")
        let bytes = [UInt8]((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 % 93 + 33) })
        try input.writeAll(bytes)
        _ = try input.seek(to: 0, whence: SEEK_SET)
        let run = try Invocation(bundle, input: input.rawValue)
        #expect(try run.status() == 0)
        #expect(run.outputText == String(decoding: bytes, as: UTF8.self))
    }

    @Test func givesTheSandboxNothingElse() throws {
        let bundle = try TestBundle(["environment"])
        let run = try Invocation(bundle)
        #expect(try run.status() == 0)
        // 0, 1, 2, its signals, report, control and our connection to it, three streams, kvm, kernel, image, rootfs.
        #expect(
            run.outputText == """
                descriptors 14
                shares rootfs
                folder /
                session true
                environment []

                """)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR2, SIGTSTP, 40])
    func forwardsSignals(signal: Int32) throws {
        let bundle = try TestBundle(["wait"])
        let run = try Invocation(bundle)
        #expect(eventually { run.outputText == "started\n" })
        run.child.signal(signal)
        #expect(try run.status() == 128 + signal)
        #expect(run.outputText == "started\nsignal \(signal)\n")
        #expect(bundle.containers == [])
    }

    @Test func staysAfterASignalThatTheContainerSurvives() throws {
        let bundle = try TestBundle(["wait"])
        let run = try Invocation(bundle)
        #expect(eventually { run.outputText == "started\n" })
        run.child.signal(SIGUSR1)
        #expect(eventually { run.outputText == "started\nsignal 10\n" })
        run.child.signal(SIGTERM)
        #expect(try run.status() == 143)
    }

    @Test(arguments: [("wait", SIGKILL), ("hang", SIGKILL), ("hang", SIGINT), ("hang", SIGTERM)])
    func leavesNothingAfterItIsKilled(container: String, signal: Int32) throws {
        let bundle = try TestBundle([container])
        let run = try Invocation(bundle)
        #expect(eventually { bundle.state != nil })
        let sandbox = try #require(bundle.state?["pid"] as? Int)
        run.child.signal(signal)
        #expect(try run.status() == 128 + signal)
        #expect(eventually { bundle.containers == [] })
        #expect(kill(pid_t(sandbox), 0) == -1 || isZombie(sandbox))
    }

    @Test(arguments: Array(stride(from: 0, to: 60, by: 3)))
    func leavesNothingWheneverItIsKilled(milliseconds: Int) throws {
        let bundle = try TestBundle(["wait"])
        let run = try Invocation(bundle)
        usleep(UInt32(milliseconds * 1000))
        run.child.signal(SIGKILL)
        #expect(try run.status() == 137)
        #expect(eventually { bundle.containers == [] })
    }

    @Test func saysThatTheSandboxWasKilled() throws {
        let bundle = try TestBundle(["killed"])
        let run = try Invocation(bundle)
        #expect(try run.status() == 139)
        #expect(run.errorText == "the sandbox process was killed by signal 11 (SIGSEGV)\n")
        #expect(bundle.containers == [])
    }

    @Test func saysWhyTheMachineEnded() throws {
        let bundle = try TestBundle(["panic"])
        let run = try Invocation(bundle)
        #expect(try run.status() == 255)
        #expect(run.errorText == "the guest's kernel has panicked: no init\n")
        #expect(bundle.containers == [])
    }

    @Test func writesThePIDFileWithoutANewline() throws {
        let bundle = try TestBundle(["wait"])
        let file = bundle.folder + "/pid"
        let run = try Invocation(bundle, ["run", "--pid-file", file])
        #expect(eventually { run.outputText == "started\n" })
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(Int(text) == bundle.state?["pid"] as? Int)
        run.child.signal(SIGTERM)
        #expect(try run.status() == 143)
    }

    @Test func detachesAndLeavesTheContainer() throws {
        let bundle = try TestBundle(["wait"])
        let file = bundle.folder + "/pid"
        let run = try Invocation(bundle, ["run", "--detach", "--pid-file", file])
        #expect(try run.status() == 0)
        let pid = try #require(pid_t(try String(contentsOfFile: file, encoding: .utf8)))
        #expect(kill(pid, 0) == 0)
        #expect(bundle.containers == ["c"])
        #expect(eventually { run.outputText == "started\n" })
        kill(pid, SIGKILL)
    }

    @Test func refusesANameThatIsTaken() throws {
        let bundle = try TestBundle(["wait"])
        let first = try Invocation(bundle)
        #expect(eventually { first.outputText == "started\n" })
        let second = try Invocation(bundle)
        #expect(try second.status() == 1)
        #expect(second.errorText == "vmrun run failed: container with given ID already exists\n")
        first.child.signal(SIGTERM)
        #expect(try first.status() == 143)
    }

    /// Whatever has ended it.
    @Test func theNameOfADeadContainerIsFreeWhenItIsDeleted() throws {
        let bundle = try TestBundle(["wait"])
        let first = try Invocation(bundle, ["run", "--detach"])
        #expect(try first.status() == 0)
        let pid = try #require(bundle.state?["pid"] as? Int)
        kill(pid_t(pid), SIGKILL)
        #expect(eventually { kill(pid_t(pid), 0) == -1 || isZombie(pid) })
        try TestBundle.copyConfiguration(of: ["exit", "3"], to: bundle)
        let second = try Invocation(bundle)
        #expect(try second.status() == 1)
        #expect(second.errorText == "vmrun run failed: container with given ID already exists\n")
        #expect(try Invocation(["delete", "c"], in: bundle).status() == 0)
        #expect(try Invocation(bundle).status() == 3)
        #expect(bundle.containers == [])
    }

    @Test func runsFourAtOnceWithoutMixingThem() throws {
        let bundles = try (0..<4).map { try TestBundle(["exit", String($0 + 10)]) }
        let runs = try bundles.map { try Invocation($0) }
        #expect(try runs.map { try $0.status() } == [10, 11, 12, 13])
    }
}

/// A process that has ended and waits to be collected by somebody else.
func isZombie(_ pid: Int) -> Bool {
    let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    return text?.contains(") Z ") ?? true
}

extension TestBundle {
    /// state.json of the container "c".
    var state: [String: Any]? {
        guard let data = FileManager.default.contents(atPath: root + "/c/state.json") else {
            return nil
        }
        return try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    }

    static func copyConfiguration(of arguments: [String], to bundle: TestBundle) throws {
        let other = try TestBundle(arguments)
        let text = try String(contentsOfFile: other.bundle + "/config.json", encoding: .utf8)
        try bundle.write(text)
    }
}
