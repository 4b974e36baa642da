@testable import AgentCore
import Protocols
import Testing

@Suite("The mounts of runc spec", .native)
struct DefaultMountTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    struct Expected: Sendable, CustomTestStringConvertible {
        let destination: String
        let type: String
        let options: Set<String>
        let superOptions: Set<String>
        var testDescription: String { destination }
    }

    private static let shielded: Set = ["nosuid", "nodev", "noexec"]

    @Test(
        "each is there, with its options",
        arguments: [
            Expected(
                destination: "/proc", type: "proc", options: ["rw", "relatime"], superOptions: []),
            Expected(
                destination: "/dev", type: "tmpfs", options: ["rw", "nosuid"],
                superOptions: ["mode=755", "size=65536k"]),
            Expected(
                destination: "/dev/pts", type: "devpts", options: ["rw", "nosuid", "noexec"],
                superOptions: ["gid=5", "mode=620", "ptmxmode=666"]),
            Expected(
                destination: "/dev/shm", type: "tmpfs", options: shielded.union(["rw"]),
                superOptions: ["size=65536k"]),
            Expected(
                destination: "/dev/mqueue", type: "mqueue", options: shielded.union(["rw"]),
                superOptions: []),
            Expected(
                destination: "/sys", type: "sysfs", options: shielded.union(["ro"]),
                superOptions: []),
            Expected(
                destination: "/sys/fs/cgroup", type: "cgroup2",
                options: shielded.union(["ro", "relatime"]), superOptions: []),
        ])
    func each(expected: Expected) throws {
        let mount = try agent.mounts()[expected.destination]

        #expect(mount?.type == expected.type)
        #expect(mount?.options.isSuperset(of: expected.options) == true)
        #expect(mount?.superOptions.isSuperset(of: expected.superOptions) == true)
    }

    @Test("strictatime is no relatime")
    func accessTimes() throws {
        let mount = try agent.mounts()["/dev"]

        #expect(mount?.options.contains("relatime") == false)
    }

    @Test("nothing of the agent or the host is mounted in a container")
    func nothingElse() throws {
        let table = try agent.mounts {
            $0.maskedPaths = []
            $0.readonlyPaths = []
        }

        let expected = [
            "/", "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup",
        ]
        #expect(table.entries.map(\.destination) == expected)
    }

    @Test(
        "/sys and cgroups cannot be written",
        arguments: ["/sys/kernel/mm/ksm/run", "/sys/fs/cgroup/x"])
    func readonly(path: String) throws {
        let outcome = try agent.shell("echo 1 >\(path)")

        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("Read-only file system"))
    }

    @Test("/dev/shm may be written by everybody, in a tmpfs of 64 MiB")
    func sharedMemory() throws {
        let outcome = try agent.shell("echo x >/dev/shm/x; stat -c '%a' /dev/shm; cat /dev/shm/x") {
            $0.process.uid = 1000
        }

        #expect(outcome == Outcome(output: "1777\nx\n"))
    }

    @Test("/proc shows the processes of the container only")
    func processes() throws {
        let outcome = try agent.shell("set -- /proc/[0-9]*; echo $*; cat /proc/1/comm; true")

        #expect(outcome == Outcome(output: "/proc/1\nsh\n"))
    }
}
