import Foundation
import KVM
import Testing

/// Bad input: one line, an exit status, nothing left.
@Suite(.enabled(if: canRun)) struct RunFailureTests {
    @Test func printsWhatTheContainerFailedOf() throws {
        let bundle = try TestBundle(["fail", "no such device"])
        try expect(Invocation(bundle), says: "no such device", in: bundle)
    }

    @Test func tellsInRuncsWordsWhatCannotBeExecuted() throws {
        let text = "exec: x: executable file not found in $PATH"
        let bundle = try TestBundle(["missing", text])
        try expect(
            Invocation(bundle), says: "unable to start container process: " + text, in: bundle)
    }

    @Test func tellsHowTheSandboxDied() throws {
        let bundle = try TestBundle(["die"])
        let run = try Invocation(bundle)
        #expect(try run.status() == 1)
        // What the language's runtime writes of a crash may follow.
        #expect(
            run.errorText.hasPrefix(
                "vmrun run failed: the sandbox process was killed by signal 11 (SIGSEGV)"))
        #expect(bundle.containers == [])
    }

    @Test func quotesTheEndOfTheLog() throws {
        let bundle = try TestBundle(["crash"])
        let text = "the sandbox process ended with status 3: Fatal error: out of luck"
        try expect(Invocation(bundle), says: text, in: bundle)
    }

    /// What the machine was at is of most interest where it has never come to be a container.
    @Test(arguments: ["run", "create"])
    func passesOnWhatTheSandboxLoggedBeforeItFailed(verb: String) throws {
        let line = #"{"level":"debug","msg":"phase: machine","time":"2026-01-01T00:00:00Z"}"#
        let quoted = line.replacing("\"", with: "\\\"")
        let bundle = try TestBundle(["fail", "no luck", quoted])
        let file = bundle.folder + "/log.json"
        let run = try Invocation(
            bundle, [verb], options: ["--debug", "--log", file, "--log-format", "json"])
        #expect(try run.status() == 1)
        let log = String(
            decoding: try #require(FileManager.default.contents(atPath: file)), as: UTF8.self)
        #expect(log.contains("phase: machine"))
        // Before the error that it explains.
        let parts = log.split(separator: "no luck", maxSplits: 1)
        #expect(parts.first?.contains("phase: machine") == true)
    }

    @Test func missesTheConfiguration() throws {
        let bundle = try TestBundle(["exit", "0"])
        try FileManager.default.removeItem(atPath: bundle.bundle + "/config.json")
        let text = "JSON specification file config.json not found"
        try expect(Invocation(bundle), says: text, in: bundle)
    }

    @Test func namesLineAndColumn() throws {
        let bundle = try TestBundle(["exit", "0"])
        try bundle.write("{\n  \"ociVersion\": 1.\n}")
        let text = "config.json: line 2, column 19: expected a digit, found '\n'"
            .replacing("\n", with: " ")
        try expect(Invocation(bundle), says: text, in: bundle)
    }

    @Test func missesTheRoot() throws {
        let bundle = try TestBundle(["exit", "0"])
        try FileManager.default.removeItem(atPath: bundle.bundle + "/rootfs")
        let text = "invalid rootfs: stat \(bundle.bundle)/rootfs: no such file or directory"
        try expect(Invocation(bundle), says: text, in: bundle)
    }

    @Test func missesTheKernel() throws {
        let bundle = try TestBundle(["exit", "0"])
        let text = """
            no guest kernel at /nowhere: build it with hack/build, or name another with --kernel, \
            VMRUN_KERNEL or /etc/vmrun/config.json
            """
        try expect(
            Invocation(bundle, options: ["--kernel", "/nowhere"]), says: text, in: bundle)
    }

    @Test func missesTheSandbox() throws {
        let bundle = try TestBundle(["exit", "0"])
        let text = """
            no sandbox program at /nowhere: build it with hack/build, or name another with \
            --sandbox, VMRUN_SANDBOX or /etc/vmrun/config.json
            """
        try expect(
            Invocation(bundle, options: ["--sandbox", "/nowhere"]), says: text, in: bundle)
    }

    @Test(arguments: ["..", "a/b", "a b"])
    func refusesNames(id: String) throws {
        let bundle = try TestBundle(["exit", "0"])
        try expect(
            Invocation(bundle, id: id), says: "invalid container ID format", in: bundle)
    }

    @Test func cannotWriteThePIDFile() throws {
        let bundle = try TestBundle(["exit", "0"])
        let file = bundle.folder + "/nowhere/pid"
        try expect(
            Invocation(bundle, ["run", "--pid-file", file]),
            says: "write \(file): no such file or directory", in: bundle)
    }

    @Test func needsASocketForTheTerminalOfADetachedContainer() throws {
        let bundle = try TestBundle(["terminal"], terminal: true)
        let text = "cannot allocate tty if vmrun will detach without setting console socket"
        try expect(Invocation(bundle, ["run", "-d"]), says: text, in: bundle)
    }

    @Test func needsATerminalForASocket() throws {
        let bundle = try TestBundle(["exit", "0"])
        let text = "cannot use console socket if vmrun will not detach or allocate tty"
        try expect(
            Invocation(bundle, ["run", "-d", "--console-socket", "/x"]), says: text, in: bundle)
    }

    @Test func needsATerminalInTheForeground() throws {
        let bundle = try TestBundle(["terminal"], terminal: true)
        let text = "open /dev/tty: no such device or address"
        try expect(Invocation(bundle), says: text, in: bundle)
    }

    @Test func writesTheErrorToTheLogAsRuncDoes() throws {
        let bundle = try TestBundle(["fail", "no \\\"luck\\\""])
        let file = bundle.folder + "/log.json"
        let run = try Invocation(bundle, options: ["--log", file, "--log-format", "json"])
        #expect(try run.status() == 1)
        #expect(run.errorText == "vmrun run failed: no \"luck\"\n")
        let line = try #require(FileManager.default.contents(atPath: file))
        let entry = try JSONSerialization.jsonObject(with: line) as? [String: String]
        #expect(entry?["level"] == "error")
        #expect(entry?["msg"] == "vmrun run failed: no \"luck\"")
        #expect(entry?["time"]?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z/) != nil)
    }

    private func expect(
        _ run: Invocation, says text: String, in bundle: TestBundle
    ) throws {
        #expect(try run.status() == 1)
        #expect(run.errorText == "vmrun run failed: \(text)\n")
        #expect(run.outputText == "")
        #expect(bundle.containers == [])
    }
}
