import Foundation
import Glibc
import Linux
import Testing

/// The verb `exec` in the foreground.
@Suite(.enabled(if: canRun)) struct ExecTests {
    @Test(arguments: [0, 3, 126, 127, 137, 255])
    func passesOnTheExitStatus(status: Int32) throws {
        let container = try TestContainer.running("wait")
        let outcome = try container.call("exec", "c", "exit", String(status))
        #expect(outcome == Outcome(status: status))
    }

    @Test func runsInACreatedContainer() throws {
        let container = try TestContainer.created("wait")
        #expect(try container.call("exec", "c", "exit", "4") == Outcome(status: 4))
    }

    @Test func runsInAPausedContainerWhereAsked() throws {
        let container = try TestContainer.running("wait")
        #expect(try container.call("pause", "c") == .quiet)
        let outcome = try container.call("exec", "--ignore-paused", "c", "exit", "4")
        #expect(outcome == Outcome(status: 4))
    }

    @Test func hasTheCallersStreams() throws {
        let container = try TestContainer.running("wait")
        let input = try OwnedFD.memoryFile("input")
        try input.writeAll([UInt8](repeating: UInt8(ascii: "x"), count: 300_000))
        _ = try input.seek(to: 0, whence: SEEK_SET)
        let outcome = try container.call("exec", "c", "cat", input: input.rawValue)
        #expect(outcome == .says(String(repeating: "x", count: 300_000)))
        let complaint = try container.call("exec", "c", "complain", "no\n")
        #expect(complaint == Outcome(status: 1, errors: "no\n"))
    }

    /// What follows the name of the container is the program's.
    @Test func takesFlags() throws {
        let container = try TestContainer.running("wait")
        let outcome = try container.call(
            "exec", "--env", "A=1", "-e", "B=2", "--cwd", "/tmp", "--user", "7:8",
            "-g", "20", "--additional-gids", "30", "--no-new-privs", "--cap", "CAP_CHOWN",
            "c", "describe", "--env", "-x", "--", "last")
        #expect(
            outcome
                == .says(
                    """
                    arguments --env|-x|--|last
                    environment A=1|B=2
                    folder /tmp
                    user 7:8 [20, 30]
                    terminal false
                    privileges false
                    capabilities [1, 1, 1, 0]
                    limits []
                    processors 
                    cgroup 

                    """))
    }

    /// Ambient ones only where the container has inheritable ones.
    @Test func groupsAndCapabilitiesComeBesideThoseOfTheContainer() throws {
        let container = try TestContainer(["wait"])
        try container.bundle.replace(
            "\"cwd\": \"/\"",
            with: """
                "cwd": "/", "user": {"uid": 0, "gid": 0, "additionalGids": [5]},
                "capabilities": {"inheritable": ["CAP_CHOWN"]}
                """)
        try container.create()
        let outcome = try container.call(
            "exec", "-g", "20", "--cap", "CAP_CHOWN", "c", "describe")
        #expect(outcome.output.contains("user 0:0 [5, 20]\n"))
        #expect(outcome.output.contains("capabilities [1, 1, 1, 1]\n"))
    }

    /// The parser leaves what comes behind these verbs to programs.
    @Test(arguments: [
        ["exec", "--help"], ["exec", "-h"], ["ps", "--help"], ["checkpoint", "-h"],
        ["restore", "--help"], ["help", "exec"], ["help", "template", "create"],
    ])
    func tellsHowItIsUsed(arguments: [String]) throws {
        let call = try Invocation(arguments, in: TestBundle(["x"]))
        #expect(try call.status() == 0)
        let verb = arguments.filter { $0 != "help" && !$0.hasPrefix("-") }
        let name = "vmrun " + verb.joined(separator: " ")
        #expect(call.outputText.hasPrefix("NAME:\n   \(name) - "))
        #expect(call.outputText.contains("USAGE: \(name)"))
    }

    @Test(arguments: [[], ["-h"], ["--help"], ["help"]])
    func tellsOfTheVerbs(arguments: [String]) throws {
        let call = try Invocation(arguments, in: TestBundle(["x"]))
        #expect(try call.status() == 0)
        #expect(call.outputText.hasPrefix("NAME:\n   vmrun - "))
        #expect(call.outputText.contains("USAGE: vmrun"))
        #expect(call.outputText.contains("checkpoint"))
        #expect(!call.outputText.contains("no-verb"))
    }

    /// runc's words and status.
    @Test(arguments: [
        ["foo"], ["foo", "-h"], ["foo", "--help"], ["help", "foo"], ["help", "template", "foo"],
        ["foo", "exec"],
    ])
    func knowsWhatIsNoVerb(arguments: [String]) throws {
        let call = try Invocation(arguments, in: TestBundle(["x"]))
        #expect(try call.status() == 3)
        #expect(call.errorText == "vmrun: No help topic for 'foo'\n")
        #expect(call.outputText == "")
    }

    @Test func knowsWhatIsNoOption() throws {
        let call = try Invocation(["--foo", "list"], in: TestBundle(["x"]))
        #expect(try call.status() == 1)
        #expect(call.errorText == "vmrun: Unknown option '--foo'\n")
    }

    @Test func asksForACgroup() throws {
        let container = try TestContainer.running("wait")
        let outcome = try container.call("exec", "--cgroup", "/below", "c", "describe")
        #expect(outcome.output.contains("cgroup /below\n"))
    }

    @Test func takesADocument() throws {
        let container = try TestContainer.running("wait")
        let path = container.bundle.folder + "/process.json"
        let text = """
            {"args": ["describe", "x"], "cwd": "/srv", "env": ["Z=0"], "user": {"uid": 1000, "gid": 5},
             "capabilities": {"bounding": ["CAP_KILL"]}, "noNewPrivileges": true,
             "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 10, "hard": 20}],
             "execCPUAffinity": {"initial": "0", "final": "1"}}
            """
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let outcome = try container.call("exec", "--process", path, "c")
        #expect(outcome.status == 0)
        #expect(
            outcome.output == """
                arguments x
                environment Z=0
                folder /srv
                user 1000:5 []
                terminal false
                privileges false
                capabilities [32, 0, 0, 0]
                limits ["7:10:20"]
                processors 1
                cgroup 

                """)
    }

    @Test(arguments: [
        ("{", "line 1, column 2"), ("[]", "expected an object, found a list"),
        ("{\"cwd\": \"/\"}", "args must not be empty"),
        ("{\"cwd\": \"/\", \"args\": []}", "args must not be empty"),
        ("{\"cwd\": \"tmp\", \"args\": [\"x\"]}", "Cwd must be an absolute path"),
        ("{\"cwd\": \"/\", \"args\": [\"x\"], \"user\": {\"uid\": -1}}", "user.uid"),
        ("{\"cwd\": \"/\", \"args\": [\"x\"], \"user\": {\"uid\": \"root\"}}", "user.uid"),
        ("{\"cwd\": \"/\", \"args\": [7]}", "args[0]"),
        ("{\"args\": [\"x\"]}", "cwd"), ("", "expected a value"),
        ("null", "expected an object, found null"),
    ])
    func refusesDocuments(text: String, reason: String) throws {
        let container = try TestContainer.running("wait")
        let path = container.bundle.folder + "/process.json"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let outcome = try container.call("exec", "--process", path, "c")
        #expect(outcome.status == 255)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("vmrun exec failed: \(path): "))
        #expect(outcome.errors.contains(reason), "\(outcome.errors)")
        #expect(outcome.errors.filter(\.isNewline).count == 1)
        #expect(container.status == "running")
    }

    static let refusals: [([String], String)] = [
        (["--bogus", "c", "x"], "flag provided but not defined: --bogus"),
        (["c"], "process args cannot be empty"),
        (["--user", "abc", "c", "x"], "parsing abc as int for uid failed: invalid syntax"),
        (["-u", "1:abc", "c", "x"], "parsing abc as int for gid failed: invalid syntax"),
        (["--user=-1", "c", "x"], "parsing -1 as int for uid failed: invalid syntax"),
        (["-u", "", "c", "x"], "parsing  as int for uid failed: invalid syntax"),
        (["--cwd", "tmp", "c", "x"], "process: process.cwd: Cwd must be an absolute path"),
        (["--process", "/nonexistent", "c"], "open /nonexistent: no such file or directory"),
        (
            ["--preserve-fds", "1", "c", "x"],
            "--preserve-fds: descriptors cannot be passed into a virtual machine"
        ),
        (["--pidfd-socket", "/x", "c", "x"], "--pidfd-socket is not supported"),
        (
            ["--console-socket", "/x", "c", "x"],
            "cannot use console socket if vmrun will not detach or allocate tty"
        ),
        (
            ["-d", "-t", "c", "x"],
            "cannot allocate tty if vmrun will detach without setting console socket"
        ),
        (["-t", "c", "x"], "open /dev/tty: no such device or address"),
        (["c", "refused", "no more processes"], "no more processes"),
        (["--cgroup", "../x", "c", "x"], "bad sub cgroup path: ../x is not a sub cgroup path"),
        (
            ["--cgroup", "cpu:/", "c", "x"],
            "--cgroup: the guest has one hierarchy, so there is one path, without controllers"
        ),
        ([], "\"exec\" requires a minimum of 1 argument"),
    ]

    @Test func refuses() throws {
        let container = try TestContainer.running("wait")
        for (flags, text) in Self.refusals {
            #expect(try container.call(["exec"] + flags) == .fails("exec", text), "\(flags)")
        }
        #expect(container.status == "running")
    }

    @Test func tellsInRuncsWordsWhatCannotBeExecuted() throws {
        let container = try TestContainer.running("wait")
        let prefix = "unable to start container process: exec: "
        #expect(
            try container.call("exec", "c", "missing")
                == .fails("exec", prefix + "\"missing\": executable file not found in $PATH"))
        #expect(
            try container.call("exec", "c", "forbidden")
                == .fails("exec", prefix + "\"forbidden\": permission denied"))
    }

    @Test func failsWhereTheSandboxGoes() throws {
        let container = try TestContainer.running("wait")
        let gone = Outcome.fails("exec", "read from the sandbox: connection reset by peer")
        #expect(try container.call("exec", "c", "disconnect") == gone)
        #expect(container.status == "running")
        #expect(try container.call("exec", "c", "crash") == gone)
        #expect(eventually { container.status == "stopped" })
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGUSR2, 40])
    func forwardsSignals(signal: Int32) throws {
        let container = try TestContainer.running("wait")
        let call = try container.begin(["exec", "c", "wait"])
        #expect(eventually { call.outputText == "started\n" })
        call.child.signal(SIGUSR1)
        #expect(eventually { call.outputText == "started\nsignal 10\n" })
        call.child.signal(signal)
        #expect(try call.status() == 128 + signal)
        #expect(call.outputText == "started\nsignal 10\nsignal \(signal)\n")
        #expect(container.output == "started\n")
    }

    @Test func endsWithTheContainer() throws {
        let container = try TestContainer.running("wait")
        let call = try container.begin(["exec", "c", "wait"])
        #expect(eventually { call.outputText == "started\n" })
        #expect(try container.call("kill", "c", "9") == .quiet)
        #expect(try call.status() == 137)
        #expect(call.errorText == "")
    }

    @Test func runsManyAtOnce() throws {
        let container = try TestContainer.running("wait")
        let calls = try (0..<8).map { try container.begin(["exec", "c", "exit", String($0 + 10)]) }
        #expect(try calls.map { try $0.status() } == Array(10..<18))
    }
}
