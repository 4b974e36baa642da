import Foundation
import Glibc
import Linux
import Testing

/// The verb `update`: which files of cgroup v2 are written.
@Suite(.enabled(if: canRun)) struct UpdateTests {
    static let flags: [([String], [String])] = [
        (["--memory", "64M"], ["memory.max=67108864"]),
        (["--memory", "-1"], ["memory.max=max", "memory.swap.max=max"]),
        (
            ["--memory", "64M", "--memory-swap", "96M"],
            ["memory.max=67108864", "memory.swap.max=33554432"]
        ),
        (["--memory-reservation", "1G"], ["memory.low=1073741824"]),
        (["--cpu-share", "1024"], ["cpu.weight=39"]),
        (["--cpu-quota", "50000", "--cpu-period", "200000"], ["cpu.max=50000 200000"]),
        (["--cpu-quota", "-1"], ["cpu.max=max 100000"]),
        (["--cpu-burst", "10"], ["cpu.max.burst=10"]),
        (["--cpu-idle", "1"], ["cpu.idle=1"]),
        (["--pids-limit", "10"], ["pids.max=10"]), (["--pids-limit", "-1"], ["pids.max=max"]),
        ([], []),
    ]

    @Test func translatesFlags() throws {
        let container = try TestContainer.running("wait")
        var seen = "started\n"
        for (flags, settings) in Self.flags {
            // The host's own cgroups may be warned about.
            #expect(try container.call(["update"] + flags + ["c"]).status == 0, "\(flags)")
            seen += settings.map { $0 + "\n" }.joined()
            #expect(container.output == seen)
        }
    }

    @Test(arguments: [["--resources", "-"], ["--resources=-"], ["-r", "-"]])
    func readsResourcesFromStdin(flags: [String]) throws {
        let container = try TestContainer.created("wait")
        let input = try OwnedFD.memoryFile("input")
        let text = #"{"memory": {"limit": 4096}, "cpu": {"shares": 2}, "pids": {"limit": 7}}"#
        try input.writeAll(Array(text.utf8))
        _ = try input.seek(to: 0, whence: SEEK_SET)
        let outcome = try container.call(["update"] + flags + ["c"], input: input.rawValue)
        #expect(outcome.status == 0)
        #expect(container.output == "memory.max=4096\ncpu.weight=1\npids.max=7\n")
    }

    @Test func readsResourcesFromAFile() throws {
        let container = try TestContainer.created("wait")
        let file = container.bundle.folder + "/resources"
        try #"{"pids": {"limit": 0}, "unified": {"memory.high": "5"}}"#.write(
            toFile: file, atomically: false, encoding: .utf8)
        #expect(try container.call("update", "--resources=\(file)", "c").status == 0)
        #expect(container.output == "memory.high=5\n")
    }

    @Test(arguments: [
        ("{", "-: line 1, column 2"), ("[]", "-: "), ("", "-: "),
        (#"{"pids": {"limit": "x"}}"#, "pids.limit"),
        (#"{"memory": {"limit": 99999999999999999999}}"#, "memory.limit"),
        (#"{"unified": {"../../x": "5"}}"#, "linux.resources.unified"),
        (#"{"cpu": {"realtimePeriod": 5}}"#, "linux.resources.cpu.realtimePeriod"),
    ])
    func refusesResources(text: String, reason: String) throws {
        let container = try TestContainer.created("wait")
        let input = try OwnedFD.memoryFile("input")
        try input.writeAll(Array(text.utf8))
        _ = try input.seek(to: 0, whence: SEEK_SET)
        let outcome = try container.call("update", "-r", "-", "c", input: input.rawValue)
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasPrefix("vmrun update failed: "))
        #expect(outcome.errors.contains(reason), "\(outcome.errors)")
        #expect(container.output == "")
    }

    @Test(arguments: [
        (["--memory", "abc"], "invalid value for memory: \"abc\" is no size"),
        (["--memory-swap", ""], "invalid value for memory-swap: \"\" is no size"),
        (["--memory", "99999999999T"], "invalid value for memory: \"99999999999T\" is no size"),
        (
            ["--memory-swap", "1M"],
            "linux.resources.memory.swap: unable to set swap limit without memory limit"
        ),
        (
            ["--cpu-rt-period", "5"],
            "linux.resources.cpu.realtimePeriod: not supported: cgroup v2 has no such setting"
        ),
        (["--resources", "/nonexistent"], "open /nonexistent: no such file or directory"),
    ])
    func refusesFlags(flags: [String], text: String) throws {
        let container = try TestContainer.created("wait")
        #expect(try container.call(["update"] + flags + ["c"]) == .fails("update", text))
        #expect(container.output == "")
    }

    @Test func warnsWhereTheMachineIsSmaller() throws {
        let container = try TestContainer.created("wait")
        let outcome = try container.call("update", "--memory", "64G", "c")
        #expect(outcome.status == 0)
        let text =
            "vmrun: warning: memory: the container's machine has 256 MiB, and that stays its limit\n"
        #expect(outcome.errors.contains(text))
        #expect(container.output == "memory.max=68719476736\n")
    }
}
