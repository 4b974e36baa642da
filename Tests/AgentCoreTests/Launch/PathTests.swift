import Testing

@testable import AgentCore

@Suite("Paths")
struct PathTests {
    @Test(
        "a path is cleaned as Go's filepath.Clean does it for absolute ones",
        arguments: [
            ("/", "/"), ("", "/"), ("/a/b", "/a/b"), ("a/b", "/a/b"), ("//a///b//", "/a/b"),
            ("/./a/././b/.", "/a/b"), ("/a/../b", "/b"), ("/..", "/"), ("/../../a", "/a"),
            ("/a/b/../../..", "/"), ("/a/...", "/a/..."), ("/a/..b/.c", "/a/..b/.c"),
        ])
    func clean(path: String, expected: String) {
        #expect(Path.clean(path) == expected)
    }

    @Test("components are the names without a root", arguments: ["/", "", ".", "/..", "//"])
    func rootHasNone(path: String) {
        #expect(Path.components(path).isEmpty)
    }

    @Test(
        "nothing leads out of the share",
        arguments: [
            ("rootfs", "/run/vmrun/share/rootfs"), ("../../etc", "/run/vmrun/share/etc"),
            ("a/../../../..", "/run/vmrun/share/"), ("/etc", "/run/vmrun/share/etc"),
        ])
    func share(path: String, expected: String) {
        #expect(Place.inShare(path) == expected)
    }
}
