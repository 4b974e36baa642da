import Testing

@testable import ContainerRuntime

@Suite struct CgroupHierarchyTests {
    @Test func findsTheOneOfV2() {
        let found = CgroupHierarchy.parse(
            mounts: """
                22 28 0:21 / /proc rw,nosuid - proc proc rw
                30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
                """, memberships: "0::/user.slice/a:b.scope\n")
        #expect(
            found == [
                CgroupHierarchy(
                    version: .v2, mountPoint: "/sys/fs/cgroup", own: "/user.slice/a:b.scope")
            ])
        #expect(found.isEmpty == false)
    }

    @Test func findsThoseOfAHybridHost() {
        let found = CgroupHierarchy.parse(
            mounts: """
                31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
                32 30 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
                33 30 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
                """,
            memberships: """
                4:memory:/not/mounted
                3:cpu,cpuacct:/a
                1:name=systemd:/b
                0::/c
                """)
        #expect(
            found.map(\.mountPoint).map { $0.split(separator: "/").last } == [
                "cpu,cpuacct", "systemd", "unified",
            ])
        #expect(found.map(\.own) == ["/a", "/b", "/c"])
        #expect(found[0].has("cpuacct"))
        #expect(!found[0].has("memory"))
        #expect(!found[2].has("cpu"))
    }

    /// In a container without a cgroup namespace a part of the hierarchy is mounted, and paths are the host's.
    @Test(arguments: [
        ("/docker/x", "/docker/x", "/"), ("/docker/x", "/docker/x/a", "/a"),
        ("/docker/x", "/docker/xy", "/docker/xy"), ("/", "/a", "/a"),
    ])
    func seesAPartThroughItsMount(root: String, path: String, own: String) {
        let found = CgroupHierarchy.parse(
            mounts: "31 30 0:27 \(root) /c rw - cgroup cgroup rw,pids",
            memberships: "8:pids:\(path)")
        #expect(found.map(\.own) == [own])
    }

    @Test func readsEscapedBlanks() {
        let found = CgroupHierarchy.parse(
            mounts: #"31 30 0:27 / /my\040cgroup\134x rw - cgroup2 none rw"#, memberships: "0::/")
        #expect(found.map(\.mountPoint) == [#"/my cgroup\x"#])
    }

    @Test(arguments: [
        "", "garbage", "1 2 3", "31 30 0:27 / /c rw -", "31 30 0:27 / /c rw - cgroup2",
    ])
    func leavesOutWhatItCannotRead(mounts: String) {
        #expect(CgroupHierarchy.parse(mounts: mounts, memberships: "0::/\nx\n1:2") == [])
    }
}
