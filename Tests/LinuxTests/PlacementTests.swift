import Foundation
import Linux
import Testing

@Suite("The place of a child process")
struct PlacementTests {
    static let isPrivileged = ProcessSetup.mayAdminister

    /// Runs a shell there and answers what it says.
    private func shell(_ script: String, _ placement: Child.Placement) throws -> String {
        let file = try OwnedFD.memoryFile("output")
        let child = try start(script, placement, output: file)
        let end = try child.wait()
        #expect(end == .exited(0))
        return try text(file)
    }

    private func start(
        _ script: String, _ placement: Child.Placement, output: borrowing OwnedFD
    ) throws -> Child {
        let null = try OwnedFD.open("/dev/null", O_RDWR)
        return try Child.spawn(
            "/bin/sh", arguments: ["sh", "-c", script], environment: ["PATH=/usr/bin:/bin"],
            descriptors: [null.rawValue, output.rawValue, output.rawValue], placement: placement)
    }

    private func text(_ file: borrowing OwnedFD) throws -> String {
        String(decoding: try file.read(upTo: 65536, at: 0), as: UTF8.self)
    }

    @Test("without a place a program is started as by the plain spawn")
    func plain() throws {
        let script = """
            pwd; cut -d' ' -f6 /proc/$$/stat | grep -qx $$ && echo leader
            grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f2 | sort -u
            for i in /proc/self/fd/*; do case ${i##*/} in [0-2]) ;; *) readlink $i;; esac; done; :
            """

        let text = try shell(script, Child.Placement())
        #expect(text == "/\nleader\n0000000000000000\n")
    }

    @Test("a child writes itself into its cgroups before its program runs")
    func cgroups() throws {
        let first = try OwnedFD.memoryFile("first")
        let second = try OwnedFD.memoryFile("second")
        var placement = Child.Placement()
        placement.cgroups = [first.rawValue, second.rawValue]

        _ = try shell("true", placement)

        #expect(try text(first) == "0")
        #expect(try text(second) == "0")
    }

    @Test("a cgroup that does not take the child is named, and nothing runs")
    func refusedByCgroup() throws {
        let file = try OwnedFD.memoryFile("output")
        let first = try OwnedFD.memoryFile("first")
        let readonly = try OwnedFD.open("/dev/null", O_RDONLY)
        var placement = Child.Placement()
        placement.cgroups = [first.rawValue, readonly.rawValue]

        let error = #expect(throws: Child.PlacementError.self) {
            _ = try start("echo here", placement, output: file)
        }

        #expect(error == Child.PlacementError(step: .cgroup(1), errno: Errno(rawValue: EBADF)))
        #expect(try text(file) == "")
    }

    @Test("a program that is not there and a network that is none are told apart")
    func refusals() throws {
        let null = try OwnedFD.open("/dev/null", O_RDWR)
        var placement = Child.Placement()
        placement.network = .joined(null.rawValue)

        #expect(
            throws: Child.PlacementError(step: .network, errno: Errno(rawValue: EINVAL))
        ) { _ = try start("true", placement, output: null) }
        #expect(throws: Child.PlacementError(step: .execute, errno: .noSuchFile)) {
            _ = try Child.spawn(
                "/nonexistent", arguments: ["x"], environment: [],
                descriptors: [null.rawValue, null.rawValue, null.rawValue],
                placement: Child.Placement())
        }
    }

    /// A process that does nothing about its signals; what it has of TERM once that was sent.
    private func signalled(_ placement: Child.Placement) throws -> String {
        let null = try OwnedFD.open("/dev/null", O_RDWR)
        let child = try Child.spawn(
            "/bin/sleep", arguments: ["sleep", "60"], environment: [],
            descriptors: [null.rawValue, null.rawValue, null.rawValue], placement: placement)
        child.signal(SIGTERM)
        let status = try String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
        child.signal(SIGKILL)
        #expect(try child.wait() == .killed(signal: SIGKILL))
        return status.split(separator: "\n").first { $0.hasPrefix("ShdPnd") }.map(String.init) ?? ""
    }

    @Test("signals that come early wait for the program")
    func signals() throws {
        var placement = Child.Placement()
        placement.blockedSignals = .messages
        #expect(try signalled(placement) == "ShdPnd:\t0000000000004000")
    }

    @Test(
        "in a pid namespace of its own a child is process 1, and its end has its status",
        .enabled(if: isPrivileged, "needs CAP_SYS_ADMIN"))
    func processNamespace() throws {
        var placement = Child.Placement()
        placement.newProcessNamespace = true
        let file = try OwnedFD.memoryFile("output")

        let child = try start("echo $$; exit 7", placement, output: file)

        #expect(try child.wait() == .exited(7))
        #expect(try text(file) == "1\n")
    }

    @Test(
        "signals wait for process 1 of a pid namespace, too",
        .enabled(if: isPrivileged, "needs CAP_SYS_ADMIN"))
    func signalsInNamespace() throws {
        var placement = Child.Placement()
        placement.newProcessNamespace = true
        placement.blockedSignals = .messages
        #expect(try signalled(placement) == "ShdPnd:\t0000000000004000")
    }

    @Test(
        "a new network has nothing but a loopback, and can be joined",
        .enabled(if: isPrivileged, "needs CAP_SYS_ADMIN"))
    func network() throws {
        var placement = Child.Placement()
        placement.network = .new
        let file = try OwnedFD.memoryFile("output")
        let first = try start(
            "readlink /proc/self/ns/net; tail -n +3 /proc/self/net/dev | cut -d: -f1; sleep 60",
            placement, output: file)
        while try text(file).count(where: { $0 == "\n" }) < 2 { usleep(1000) }
        let namespace = try OwnedFD.open("/proc/\(first.pid)/ns/net", O_RDONLY)
        placement.network = .joined(namespace.rawValue)

        let second = try shell("readlink /proc/self/ns/net", placement)
        first.signal(SIGKILL)
        _ = try first.wait()

        let lines = try text(file).split(separator: "\n")
        #expect(lines.map { $0.trimmingCharacters(in: .whitespaces) }.last == "lo")
        #expect(second == lines[0] + "\n")
        #expect(second != (try shell("readlink /proc/self/ns/net", Child.Placement())))
    }
}
