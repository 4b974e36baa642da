import Foundation
import Glibc
import Linux
import Testing

/// How a call of `vmrun` ended, and what it said.
struct Outcome: Equatable, CustomStringConvertible {
    var status: Int32 = 0
    var output = ""
    var errors = ""

    var description: String { "status \(status), output \(output), errors \(errors)" }

    static let quiet = Outcome()

    static func says(_ output: String) -> Outcome { Outcome(output: output) }

    /// The verb's own error, in one line; `exec` ends with 255, as that of runc does.
    static func fails(_ verb: String, _ text: String) -> Outcome {
        Outcome(
            status: verb == "exec" ? 255 : 1, errors: "vmrun \(verb) failed: \(text)\n")
    }
}

/// The container "c" in a state folder of its own, for verbs of the real program with the fake sandbox behind it; it is
/// deleted with its owner.
final class TestContainer {
    let bundle: TestBundle
    private var creator: Invocation?

    /// The process is what the fake sandbox plays.
    init(_ arguments: [String], terminal: Bool = false) throws {
        bundle = try TestBundle(arguments, terminal: terminal)
    }

    /// One that is created, or running.
    static func created(_ arguments: String...) throws -> TestContainer {
        let container = try TestContainer(arguments)
        try container.create()
        return container
    }

    static func running(_ arguments: String...) throws -> TestContainer {
        let container = try TestContainer(arguments)
        try container.create()
        try #require(container.call("start", "c") == .quiet)
        return container
    }

    /// Its process has ended with status 0.
    static func stopped() throws -> TestContainer {
        let container = try running("exit", "0")
        try #require(eventually { !container.isAlive })
        return container
    }

    func create(_ flags: String...) throws {
        let creator = try Invocation(bundle, ["create"] + flags)
        try #require(creator.status() == 0, "\(creator.errorText)")
        self.creator = creator
    }

    /// A call to its end.
    func call(_ arguments: String..., input: Int32? = nil) throws -> Outcome {
        try call(arguments, input: input)
    }

    func call(_ arguments: [String], input: Int32? = nil) throws -> Outcome {
        let call = try begin(arguments, input: input)
        let status = try call.status()
        return Outcome(status: status, output: call.outputText, errors: call.errorText)
    }

    func begin(_ arguments: [String], input: Int32? = nil) throws -> Invocation {
        try Invocation(arguments, in: bundle, input: input)
    }

    /// What the container has written to its stdout so far.
    var output: String { creator?.outputText ?? "" }

    /// Of the process that stands for it on the host.
    var pid: pid_t? { (bundle.state?["pid"] as? Int).map { pid_t($0) } }

    var isAlive: Bool {
        guard let pid else { return false }
        return kill(pid, 0) == 0 && !isZombie(Int(pid))
    }

    var status: String? {
        let text = try? call("state", "c").output
        let tree = try? JSONSerialization.jsonObject(with: Data((text ?? "").utf8))
        return (tree as? [String: Any])?["status"] as? String
    }
}
