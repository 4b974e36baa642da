import Testing

@testable import ContainerRuntime

@Suite struct CgroupPathTests {
    private func resolve(
        _ path: CgroupPath, _ version: CgroupHierarchy.Version, own: String, alone: Bool = false
    ) -> String {
        path.resolve(
            in: CgroupHierarchy(version: version, mountPoint: "/c", own: own), alone: alone)
    }

    @Test(arguments: [
        ("/a/b", "/a/b"), ("/a//b/", "/a/b"), ("/../../etc", "/etc"), ("/a/./../b", "/b"),
    ])
    func absolutePathsCountFromTheMount(text: String, path: String) {
        #expect(resolve(CgroupPath(text, id: "c"), .v1(["pids"]), own: "/own") == path)
        #expect(resolve(CgroupPath(text, id: "c"), .v2, own: "/own", alone: true) == path)
    }

    @Test(arguments: [
        ("a/b", "a/b"), ("", "c"), ("/", "c"), ("../../x", "x"),
    ])
    func relativePathsCountFromTheCallersGroup(text: String, path: String) {
        let parsed = CgroupPath(text, id: "c")
        #expect(resolve(parsed, .v1(["pids"]), own: "/own/group") == "/own/group/" + path)
        #expect(resolve(parsed, .v1(["pids"]), own: "/") == "/" + path)
        #expect(resolve(parsed, .v2, own: "/own/group") == "/own/group/" + path)
    }

    /// The caller's own group has processes and so passes no controllers on.
    @Test func relativePathsOfV2AloneLieBesideTheCallersGroup() {
        let path = CgroupPath("", id: "c")
        #expect(resolve(path, .v2, own: "/user.slice/a.scope", alone: true) == "/user.slice/c")
        #expect(resolve(path, .v2, own: "/", alone: true) == "/c")
    }

    @Test(arguments: [
        ("system.slice:docker:abc", "/system.slice/docker-abc.scope"),
        ("a-b-c.slice:cri:x", "/a.slice/a-b.slice/a-b-c.slice/cri-x.scope"),
        ("-.slice:p:n", "/p-n.scope"), (":p:n", "/system.slice/p-n.scope"),
        ("user.slice::n", "/user.slice/n.scope"), ("user.slice:p:x.slice", "/user.slice/x.slice"),
        ("", "/system.slice/vmrun-c.scope"),
    ])
    func systemdsNamesBecomeItsPaths(text: String, path: String) throws {
        #expect(try CgroupPath(systemd: text, id: "c") == .absolute(path))
    }

    @Test(arguments: ["/a/b", "a:b", "a:b:c:d"])
    func otherFormatsAreRefusedInTheWordsOfRunc(text: String) {
        let message =
            "linux.cgroupsPath: expected cgroupsPath to be of format \"slice:prefix:name\" for "
            + "systemd cgroups, got \"\(text)\" instead"
        #expect(refusal { try CgroupPath(systemd: text, id: "c") } == message)
    }

    @Test(arguments: [
        "a:p:n", "a/b.slice:p:n", "a--b.slice:p:n", ".slice:p:n", "-a.slice:p:n", "a.slice:p:../n",
        "a.slice:p:",
    ])
    func namesThatAreNoUnitsAreRefused(text: String) {
        #expect(refusal { try CgroupPath(systemd: text, id: "c") }.hasPrefix("linux.cgroupsPath: "))
    }
}
