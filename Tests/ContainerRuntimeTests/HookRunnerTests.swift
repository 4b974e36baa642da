import Foundation
import Linux
import Testing

@testable import ContainerRuntime
@testable import OCISpec

@Suite("Hooks of the host") struct HookRunnerTests {
    private let folder = FileManager.default.temporaryDirectory.path

    private func shell(
        _ script: String, environment: [String]? = nil, timeout: Int? = nil
    ) -> HookEntry {
        HookEntry(
            path: "/bin/sh", args: ["sh", "-c", script], env: environment, timeout: timeout)
    }

    private func run(
        _ hooks: [HookEntry], kind: HookKind = .prestart, state: String = "{}"
    ) throws(RuntimeError) {
        try HookRunner.run(hooks, kind: kind, state: Array(state.utf8), in: folder)
    }

    @Test("a hook gets the state, however long it is, to its end")
    func state() throws {
        let state = String(repeating: "0123456789", count: 30_000)

        let message = refusal {
            try run([shell("test $(wc -c) = 300000 || exit 1; exit 9")], state: state)
        }

        #expect(message == "error running prestart hook #0: exit status 9, stdout: , stderr: ")
    }

    @Test("a hook that does not read the state is fine")
    func unread() throws {
        try run([HookEntry(path: "/bin/true")], state: String(repeating: "x", count: 1_000_000))
    }

    @Test("a hook has its own environment and nothing else, and starts in the folder")
    func surroundings() {
        let script = """
            echo $A in $PWD
            env | grep -cvE '^(A|PWD|OLDPWD|SHLVL|_)='
            exit 1
            """

        let message = refusal { try run([shell(script, environment: ["A=b"])]) }

        #expect(message.contains("stdout: b in \(folder)\n0, stderr: "))
    }

    @Test("nothing is inherited by a hook with an empty environment")
    func emptyEnvironment() throws {
        let script = "test -z \"$(env | grep -vE '^(PWD|OLDPWD|SHLVL|_)=')\""
        try run([shell(script, environment: [])])
    }

    @Test("a hook that names no environment has the caller's")
    func inheritedEnvironment() throws {
        let path = try #require(ProcessInfo.processInfo.environment["PATH"])
        try run([shell("test \"$PATH\" = '\(path)'")])
    }

    @Test("a program without arguments gets its path as the name")
    func name() {
        let message = refusal {
            try run([HookEntry(path: "/bin/false")], kind: .createRuntime)
        }

        #expect(
            message == "error running createRuntime hook #0: exit status 1, stdout: , stderr: ")
    }

    @Test("the end of long output is in the message")
    func output() {
        let script = """
            i=0
            while [ $i -lt 20000 ]; do echo line $i >&2; i=$((i+1)); done
            echo out
            exit 3
            """

        let message = refusal { try run([shell(script)]) }

        #expect(message.contains("exit status 3, stdout: out, stderr: "))
        #expect(message.hasSuffix("line 19999"))
        #expect(message.utf8.count < 5000)
    }

    @Test("a signal is named")
    func signal() {
        let message = refusal { try run([shell("kill -9 $$")], kind: .poststop) }

        #expect(
            message == "error running poststop hook #0: signal: SIGKILL, stdout: , stderr: ")
    }

    @Test("a hook that takes too long is killed")
    func timeout() {
        let start = ContinuousClock.now

        let message = refusal { try run([shell("exec sleep 60", timeout: 1)]) }

        #expect(
            message
                == "error running prestart hook #0: hook ran past specified timeout of 1.0s")
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("a process that a hook leaves behind is not waited for")
    func background() throws {
        let start = ContinuousClock.now

        try run([shell("sleep 20 & exit 0", environment: ["PATH=/usr/bin:/bin"])])

        #expect(ContinuousClock.now - start < .seconds(15))
    }

    @Test("a program that is not there is an error")
    func missing() {
        let message = refusal { try run([HookEntry(path: "/no/such/hook")]) }

        let reason = "fork/exec /no/such/hook: no such file or directory"
        #expect(message == "error running prestart hook #0: \(reason)")
    }

    @Test("the first failure ends the row, except where all must run")
    func order() throws {
        let file = folder + "/vmrun-hooks-\(UInt32.random(in: 0...UInt32.max))"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let hooks = [shell("exit 1"), shell("echo ran > \(file); exit 2")]

        #expect(throws: RuntimeError.self) { try run(hooks) }
        #expect(!FileManager.default.fileExists(atPath: file))

        let failures = HookRunner.runAll(hooks, kind: .poststop, state: [], in: folder)
        #expect(FileManager.default.fileExists(atPath: file))
        #expect(failures.count == 2)
    }
}
