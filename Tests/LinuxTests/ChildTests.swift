import Foundation
import Linux
import Testing

@Suite("Child processes")
struct ChildTests {
    /// Runs a shell whose output and errors go into a file, and answers that and how it ended.
    private func shell(
        _ script: String, environment: [String] = [], further: [Int32] = []
    ) throws -> (output: String, end: Child.End) {
        let file = try OwnedFD.memoryFile("output")
        let null = try OwnedFD.open("/dev/null", O_RDONLY)
        let child = try Child.spawn(
            "/bin/sh", arguments: ["sh", "-c", script, "name", "an argument"],
            environment: environment,
            descriptors: [null.rawValue, file.rawValue, file.rawValue] + further)
        let end = try child.wait()
        let bytes = try file.read(upTo: 65536, at: 0)
        return (String(decoding: bytes, as: UTF8.self), end)
    }

    @Test("a program gets its arguments and exactly its environment")
    func arguments() throws {
        let result = try shell(
            "echo $0 $1 $A; env | grep -c '^A='", environment: ["A=b", "PATH=/bin:/usr/bin"])

        #expect(result.output == "name an argument b\n1\n")
        #expect(result.end == .exited(0))
    }

    @Test("an exit status and a signal are told apart", arguments: [0, 1, 143, 255] as [Int32])
    func ends(status: Int32) throws {
        #expect(try shell("exit \(status)").end == .exited(status))
        #expect(try shell("kill -15 $$").end == .killed(signal: 15))
    }

    @Test("descriptors have the numbers of their places, and there are no others")
    func descriptors() throws {
        let first = try OwnedFD.memoryFile("first")
        let second = try OwnedFD.memoryFile("second")
        let script = """
            echo one >&3; echo two >&4
            for i in /proc/self/fd/*; do case ${i##*/} in [0-4]) ;; *) readlink $i;; esac; done
            """

        let result = try shell(script, further: [first.rawValue, second.rawValue])

        // The glob's own folder is gone by then.
        #expect(result.output == "")
        #expect(try first.read(upTo: 9, at: 0) == Array("one\n".utf8))
        #expect(try second.read(upTo: 9, at: 0) == Array("two\n".utf8))
    }

    @Test("descriptors may change places")
    func swapped() throws {
        let file = try OwnedFD.memoryFile("output")
        let other = try OwnedFD.memoryFile("other")
        let child = try Child.spawn(
            "/bin/sh", arguments: ["sh", "-c", "echo out; echo err >&2; echo in >&0"],
            environment: [], descriptors: [other.rawValue, file.rawValue, other.rawValue])

        #expect(try child.wait() == .exited(0))
        #expect(try file.read(upTo: 9, at: 0) == Array("out\n".utf8))
        #expect(try other.read(upTo: 9, at: 0) == Array("err\nin\n".utf8))
    }

    @Test("a program has a session of its own, / as its folder, and no signal blocked or ignored")
    func fresh() throws {
        let thread = Order()
        // Whoever spawns has signals blocked.
        let spawner = try Linux.Thread.start(name: "spawner") {
            guard
                let result = try? shell(
                    "pwd; grep -E '^Sig(Blk|Ign)' /proc/self/status; "
                        + "test $(cut -d ' ' -f 6 /proc/$$/stat) = $$ && echo leader",
                    environment: ["PATH=/bin:/usr/bin"])
            else { return }
            let none = "0000000000000000"
            if result.output == "/\nSigBlk:\t\(none)\nSigIgn:\t\(none)\nleader\n" {
                thread.append(1)
            } else {
                Issue.record("\(result.output)")
            }
        }
        spawner.join()

        #expect(thread.numbers == [1])
    }

    @Test("a program that is missing is an error of the start")
    func missing() {
        #expect(throws: Errno.noSuchFile) {
            _ = try Child.spawn(
                "/nowhere", arguments: ["x"], environment: [], descriptors: [0, 1, 2])
        }
    }

    @Test("a process is signalled while it runs, and its end can be waited for with others")
    func signal() throws {
        let pipe = try OwnedFD.pipe()
        let child = try Child.spawn(
            "/bin/cat", arguments: ["cat"], environment: [],
            descriptors: [pipe.first.rawValue, 1, 2])
        var poll = Poll()
        let before = poll.add(child.descriptor.rawValue, reading: true)
        try poll.wait(timeout: 0)

        let wasReady = poll.isReady(before)
        child.signal(SIGKILL)
        try poll.wait()

        #expect(!wasReady)
        #expect(poll.isReady(before))
        #expect(try child.wait() == .killed(signal: SIGKILL))
        // Nothing happens to whoever may have the number now.
        child.signal(SIGKILL)
    }

    @Test("shells tell an end by a signal as 128 and its number")
    func status() {
        #expect(ProcessEnd.exited(7).status == 7)
        #expect(ProcessEnd.killed(signal: 9).status == 137)
    }
}
