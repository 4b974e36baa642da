import Foundation
import OCISpec
import Testing

@testable import ContainerRuntime

/// Against folders and files that stand for the kernel's.
@Suite struct HostCgroupTests {
    private let root: Tree
    private let overhead = HostOverhead(machineMemory: 256 << 20)

    /// A folder that goes with the test.
    private final class Tree {
        let path = NSTemporaryDirectory() + "vmrun-cgroup-" + UUID().uuidString

        /// Files, with "" as their text where nothing else is said.
        func make(_ files: [String: String]) throws {
            for (name, text) in files {
                let file = URL(fileURLWithPath: path + "/" + name)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try text.write(to: file, atomically: false, encoding: .utf8)
            }
        }

        func text(_ name: String) -> String? {
            try? String(contentsOfFile: path + "/" + name, encoding: .utf8)
        }

        func hierarchy(_ name: String, _ version: CgroupHierarchy.Version) -> CgroupHierarchy {
            CgroupHierarchy(version: version, mountPoint: path + name, own: "/")
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    init() { root = Tree() }

    private func resources(_ text: String) throws -> Resources {
        try TreeDecoder.decode(Resources.self, from: JSONParser.parse(Array(text.utf8)))
    }

    @Test func passesControllersOnAlongThePath() throws {
        try root.make([
            "cgroup.controllers": "cpu memory pids\n", "cgroup.subtree_control": "cpu\n",
            "a/cgroup.subtree_control": "", "a/b/cgroup.subtree_control": "",
            "a/b/cgroup.procs": "",
        ])
        let cgroup = HostCgroup(.absolute("/a/b"), in: [root.hierarchy("", .v2)])
        #expect(try cgroup.make() == [])
        #expect(root.text("cgroup.subtree_control") == "+memory +pids")
        #expect(root.text("a/cgroup.subtree_control") == "+cpu +memory +pids")
        #expect(root.text("a/b/cgroup.subtree_control") == "")
        #expect(cgroup.entrances.count == 1)
    }

    @Test func newGroupsOfCpusetHaveTheProcessorsOfThoseAbove() throws {
        try root.make([
            "cpuset.cpus": "0-3\n", "cpuset.mems": "0\n", "a/cpuset.cpus": "\n",
            "a/cpuset.mems": "\n", "a/b/cpuset.cpus": "1\n", "a/b/cpuset.mems": "\n",
            "a/b/cgroup.procs": "",
        ])
        let cgroup = HostCgroup(.absolute("/a/b"), in: [root.hierarchy("", .v1(["cpuset"]))])
        #expect(try cgroup.make() == [])
        #expect(root.text("a/cpuset.cpus") == "0-3")
        #expect(root.text("a/cpuset.mems") == "0")
        #expect(root.text("a/b/cpuset.cpus") == "1\n")
        #expect(root.text("a/b/cpuset.mems") == "0")
    }

    @Test(arguments: [
        ("freezer.state", "FROZEN\n", CgroupHierarchy.Version.v1(["freezer"])),
        ("cgroup.freeze", "1\n", .v2),
    ])
    func aFrozenGroupIsRefused(
        file: String, text: String, version: CgroupHierarchy.Version
    ) throws {
        try root.make(["c/cgroup.procs": "", "c/" + file: text])
        let cgroup = HostCgroup(.absolute("/c"), in: [root.hierarchy("", version)])
        #expect(refusal { try cgroup.make() } == "container's cgroup unexpectedly frozen")
        try root.make(["c/" + file: version == .v2 ? "0\n" : "THAWED\n"])
        #expect(try cgroup.make() == [])
    }

    @Test func isInEachHierarchy() throws {
        try root.make(["m/c/cgroup.procs": "7\n3\n", "p/c/cgroup.procs": "3\n"])
        let cgroup = HostCgroup(
            .absolute("/c"),
            in: [root.hierarchy("/m", .v1(["memory"])), root.hierarchy("/p", .v1(["pids"]))])
        #expect(try cgroup.make() == ["container's cgroup is not empty: 2 process(es) found"])
        #expect(cgroup.folders.map(\.path) == [root.path + "/m/c", root.path + "/p/c"])
        #expect(cgroup.processes == [3, 7])
        #expect(cgroup.entrances.count == 2)
    }

    @Test func doesWithoutWhatTheHostDoesNotHave() throws {
        try root.make(["p/c/cgroup.procs": ""])
        let cgroup = HostCgroup(
            .absolute("/c"),
            in: [root.hierarchy("/gone", .v1(["memory"])), root.hierarchy("/p", .v1(["pids"]))])
        #expect(try cgroup.make() == ["mkdir \(root.path)/gone/c: no such file or directory"])
        #expect(cgroup.folders.map(\.path) == [root.path + "/p/c"])
        #expect(try HostCgroup(.absolute("/c"), in: []).make() == ["no cgroup is mounted"])
    }

    @Test func writesLimitsWhereTheirControllerIs() throws {
        try root.make([
            "m/c/cgroup.procs": "", "m/c/memory.limit_in_bytes": "", "p/c/cgroup.procs": "",
            "p/c/pids.max": "", "p/c/memory.limit_in_bytes": "", "u/c/cgroup.procs": "",
            "u/c/cgroup.controllers": "hugetlb", "u/c/hugetlb.2MB.max": "",
        ])
        let cgroup = HostCgroup(
            .absolute("/c"),
            in: [
                root.hierarchy("/p", .v1(["pids"])), root.hierarchy("/m", .v1(["memory"])),
                root.hierarchy("/u", .v2),
            ])
        _ = try cgroup.make()
        let text = #"""
            {"memory": {"limit": 1048576}, "pids": {"limit": 5}, "cpu": {"shares": 2, "cpus": "0"},
             "hugepageLimits": [{"pageSize": "2MB", "limit": 0}]}
            """#
        let warnings = try cgroup.update(resources(text), overhead)
        #expect(root.text("m/c/memory.limit_in_bytes") == String(290 << 20))
        #expect(root.text("p/c/memory.limit_in_bytes") == "")
        #expect(root.text("p/c/pids.max") == "133")
        #expect(root.text("u/c/hugetlb.2MB.max") == "0")
        let host = "the host has no cgroup with"
        #expect(
            warnings == [
                "linux.resources.cpu.shares: \(host) cpu.shares; the limit holds in the guest alone",
                "linux.resources.cpu.cpus: \(host) cpuset.cpus; ignored",
            ])
    }

    @Test func takesTheFileThatIsThere() throws {
        try root.make(["c/cgroup.procs": "", "c/io.weight": ""])
        let cgroup = HostCgroup(.absolute("/c"), in: [root.hierarchy("", .v2)])
        _ = try cgroup.make()
        #expect(try cgroup.update(resources(#"{"blockIO": {"weight": 1000}}"#), overhead) == [])
        #expect(root.text("c/io.weight") == "default 10000")
    }

    @Test func isFoundAgainByItsFolders() throws {
        try root.make(["m/a/c/cgroup.procs": "9\n"])
        let cgroup = HostCgroup(
            at: [root.path + "/m/a/c", root.path + "/m/a/gone", "/elsewhere"],
            in: [root.hierarchy("/m", .v1(["memory"]))])
        #expect(cgroup.folders.map(\.name) == ["/a/c"])
        #expect(cgroup.processes == [9])
    }

    @Test func remainsAreRemovedWithTheEmptyGroupsBelow() throws {
        try root.make(["keep/cgroup.procs": ""])
        let path = root.path + "/c"
        try FileManager.default.createDirectory(
            atPath: path + "/a/b", withIntermediateDirectories: true)
        CgroupRemains.remove([path, root.path + "/gone"])
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(root.text("keep/cgroup.procs") == "")
    }
}
