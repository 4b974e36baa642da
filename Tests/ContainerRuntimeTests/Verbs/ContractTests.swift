import Foundation
import Glibc
import Linux
import Testing

/// The calls of engines, in their order and with their very arguments, as they were recorded.
@Suite(.enabled(if: canRun)) struct ContractTests {
    /// One call: its arguments, how it ends, what it prints, and the last message in its log.
    struct Step {
        var call: String
        var status: Int32 = 0
        var output = ""
        var message: String?
        /// The stdin.
        var input = ""
        /// Nobody waits for what comes next.
        var then = ""
    }

    /// What stands for FOLDER, BUNDLE, ROOT and ID in the arguments is the test's own.
    private final class Engine {
        let bundle: TestBundle
        let id: String
        private var creator: Invocation?

        init(_ id: String, _ arguments: [String], terminal: Bool = false) throws {
            self.id = id
            bundle = try TestBundle(arguments, terminal: terminal)
            let process = """
                {"user": {"uid": 0, "gid": 0}, "args": ["exit", "0"], "cwd": "/",
                 "env": ["PATH=/bin"], "capabilities": {"bounding": ["CAP_KILL"]}}
                """
            try process.write(
                toFile: bundle.folder + "/process", atomically: false, encoding: .utf8)
            try #"{"memory": {"limit": 104857600}, "cpu": {"quota": 50000, "period": 100000}}"#
                .write(toFile: bundle.folder + "/resources", atomically: false, encoding: .utf8)
        }

        var state: String { bundle.root + "/\(id)/state.json" }

        var pid: pid_t? {
            let text = try? String(contentsOfFile: bundle.folder + "/pid", encoding: .utf8)
            return text.flatMap { pid_t($0) }
        }

        func carryOut(_ step: Step) throws {
            let arguments = step.call.split(separator: " ").map { word in
                String(word).replacing("FOLDER", with: bundle.folder)
                    .replacing("BUNDLE", with: bundle.bundle).replacing("ID", with: id)
            }
            let input = try OwnedFD.memoryFile("input")
            try input.writeAll(Array(step.input.utf8))
            _ = try input.seek(to: 0, whence: SEEK_SET)
            let call = try Invocation(arguments, in: bundle, input: input.rawValue)
            #expect(try call.status() == step.status, "\(step.call): \(call.errorText)")
            let pidText = pid.map(String.init) ?? ""
            #expect(call.outputText == step.output.replacing("PID", with: pidText), "\(step.call)")
            if let message = step.message { #expect(lastMessage == message, "\(step.call)") }
            if step.call.contains(" create ") || step.call.hasPrefix("create ") {
                creator = call
                #expect((pid != nil) == (step.status == 0))
            }
            if step.then == "ends" {
                let pid = try #require(pid)
                #expect(eventually { kill(pid, 0) == -1 || isZombie(Int(pid)) })
            }
        }

        /// What engines show their users: the last error in the log, of lines that are all JSON.
        private var lastMessage: String? {
            let text = try? String(contentsOfFile: bundle.folder + "/log.json", encoding: .utf8)
            let lines = (text ?? "").split(separator: "\n").map { line in
                try? JSONDecoder().decode([String: String].self, from: Data(line.utf8))
            }
            #expect(lines.allSatisfy { Set($0?.keys ?? [:].keys) == ["level", "msg", "time"] })
            return lines.last { $0?["level"] == "error" }??["msg"]
        }
    }

    private static let shim = "--log FOLDER/log.json --log-format json"
    private static let conmon = "--log-format=json --log FOLDER/log.json"
    private static let missing = "failed: container does not exist"

    @Test func podmanRuns() throws {
        let engine = try Engine(String(repeating: "ab12", count: 16), ["wait"])
        let create = "create --bundle BUNDLE --pid-file FOLDER/pid ID"
        let exec = "exec --pid-file FOLDER/exec_pid --process FOLDER/process --detach ID"
        for step in [
            Step(call: "\(Self.conmon) \(create)"), Step(call: "start ID"),
            Step(call: "\(Self.conmon) \(exec)"), Step(call: "pause ID"),
            Step(call: "resume ID"), Step(call: "update --resources=FOLDER/resources ID"),
            Step(call: "kill ID 10"), Step(call: "kill ID 15", then: "ends"),
            Step(
                call: "kill ID 9", status: 1),
            Step(call: "delete --force ID"), Step(call: "delete --force ID"),
            Step(
                call: "\(Self.conmon) \(exec)", status: 255,
                message: "vmrun exec failed: container does not exist"),
        ] { try engine.carryOut(step) }
        #expect(engine.bundle.containers == [])
        let standIn = try String(
            contentsOfFile: engine.bundle.folder + "/exec_pid", encoding: .utf8)
        #expect(Int32(standIn) != nil)
    }

    @Test func containerdsShimRuns() throws {
        let engine = try Engine("a3", ["wait"])
        let shim = Self.shim
        let exec = "exec --process FOLDER/process --detach --pid-file FOLDER/e1.pid ID"
        for step in [
            Step(call: "\(shim) create --bundle BUNDLE --pid-file FOLDER/pid ID"),
            Step(call: "\(shim) start ID"),
            Step(call: "\(shim) ps --format json ID", output: "[PID]\n"),
            Step(call: "\(shim) \(exec)"), Step(call: "\(shim) pause ID"),
            Step(call: "\(shim) resume ID"),
            Step(call: "\(shim) update --resources - ID", input: #"{"pids": {"limit": 5}}"#),
            Step(call: "\(shim) update --resources=- ID", input: #"{"pids": {"limit": 5}}"#),
            Step(
                call: "\(shim) update --resources - ID", status: 1,
                message: "vmrun update failed: -: line 1, column 2: "
                    + "expected a name or '}', found the end of the document", input: "{"),
            Step(call: "\(shim) kill --all ID 9", then: "ends"),
            Step(call: "\(shim) kill --all ID 9"),
            Step(
                call: "\(shim) kill ID 9", status: 1,
                message: "vmrun kill failed: container not running"),
            Step(call: "\(shim) delete ID"), Step(call: "\(shim) delete --force ID"),
            Step(
                call: "\(shim) delete ID", status: 1, message: "vmrun delete \(Self.missing)"),
            Step(call: "\(shim) kill ID 9", status: 1, message: "vmrun kill \(Self.missing)"),
        ] { try engine.carryOut(step) }
        #expect(engine.bundle.containers == [])
    }

    @Test func containerdsShimIsToldWhatCannotBeExecuted() throws {
        let text = #"exec: \"/no/such\": stat /no/such: no such file or directory"#
        let engine = try Engine("a4", ["missing", text])
        let call = "create --bundle BUNDLE --pid-file FOLDER/nopid ID"
        try engine.carryOut(
            Step(
                call: "\(Self.shim) \(call)", status: 1,
                message: "vmrun create failed: unable to start container process: "
                    + #"exec: "/no/such": stat /no/such: no such file or directory"#))
        #expect(!FileManager.default.fileExists(atPath: engine.bundle.folder + "/nopid"))
        try engine.carryOut(Step(call: "\(Self.shim) delete --force ID"))
    }

    @Test func buildahRuns() throws {
        let engine = try Engine("buildah-buildah2014070717", ["exit", "0"])
        let state = { (status: String, pid: String) in
            let data = try Data(contentsOf: URL(fileURLWithPath: engine.state))
            let tree = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            let created = try #require(tree?["created"] as? String)
            let path = engine.bundle.bundle
            return """
                {
                  "ociVersion": "1.2.0",
                  "id": "buildah-buildah2014070717",
                  "pid": \(pid),
                  "status": "\(status)",
                  "bundle": "\(path)",
                  "rootfs": "\(path)/rootfs",
                  "created": "\(created)",
                  "owner": ""
                }

                """
        }
        try engine.carryOut(Step(call: "create --bundle BUNDLE --pid-file FOLDER/pid ID"))
        try engine.carryOut(Step(call: "state ID", output: try state("created", "PID")))
        try engine.carryOut(Step(call: "start ID", then: "ends"))
        try engine.carryOut(Step(call: "state ID", output: try state("stopped", "0")))
        try engine.carryOut(Step(call: "delete ID"))
        try engine.carryOut(Step(call: "state ID", status: 1))
        #expect(engine.bundle.containers == [])
    }

    /// The terminal of conmon and of the shim, whose sockets are elsewhere.
    @Test(arguments: [
        "--log-format=json --log FOLDER/log.json create --bundle BUNDLE --pid-file FOLDER/pid "
            + "--console-socket FOLDER/conmon-term.6XPKZ3 ID",
        "--log FOLDER/log.json --log-format json create --bundle BUNDLE --pid-file FOLDER/pid "
            + "--console-socket FOLDER/conmon-term.6XPKZ3 ID",
    ])
    func theTerminalGoesThroughTheSocket(call: String) throws {
        let engine = try Engine("t1", ["terminal"], terminal: true)
        let listener = try UnixSocket.listen(at: engine.bundle.folder + "/conmon-term.6XPKZ3")
        try engine.carryOut(Step(call: call))
        let received = try ReceivedTerminal(try UnixSocket.accept(listener))
        try Terminal.setSize(Terminal.Size(rows: 24, columns: 80), of: received.master.rawValue)
        try engine.carryOut(Step(call: "start ID"))
        try received.master.writeAll(Array("q".utf8))
        #expect(received.allText().replacing("\r\n", with: "\n") == "size 24x80\n")
        try engine.carryOut(Step(call: "delete --force ID"))
    }
}
