internal import Glibc
internal import Linux
internal import Protocols

/// The startContainer hooks of one container on their way, one after the other.
final class HookRun {
    /// To start the container; it is answered after the last one, or after the one that fails.
    let request: UInt64
    /// The one that runs.
    private(set) var index = 0
    private(set) var process: ContainerProcess?
    private var deadline: Deadline?
    /// Why the one that runs fails, whatever its end is.
    private var failure: String?

    init(request: UInt64) {
        self.request = request
    }

    var pid: Int32? { process?.pid }

    /// A hook has been launched. `deadline` is its end at the latest.
    func began(_ process: ContainerProcess, _ deadline: Deadline?) {
        self.process = process
        self.deadline = deadline
    }

    /// It could not be executed.
    func failed(_ failure: Failure) {
        self.failure = failure.message
    }

    /// It has run too long.
    func ranOut(seconds: UInt32) {
        // runc's words.
        failure = "hook ran past specified timeout of \(seconds).0s"
        kill()
    }

    func kill() {
        guard let process, !process.hasEnded else { return }
        try? process.signal(9)
    }

    /// The one that ran has ended: why it failed, or nil, after which the next one's turn is.
    func ended(_ end: ProcessEnd) -> Failure? {
        process?.streams.cancel()
        process = nil
        deadline = nil
        defer { index += 1 }
        switch (failure, end) {
        case (nil, .exited(0)): return nil
        case (nil, .exited(let status)): return failure(of: "exit status \(status)")
        case (nil, .killed(let signal)): return failure(of: "signal: \(Self.name(of: signal))")
        case (let failure?, _): return self.failure(of: failure)
        }
    }

    /// As Go's syscall package spells it: "killed".
    private static func name(of signal: Int32) -> String {
        guard let text = unsafe strsignal(signal) else { return "\(signal)" }
        // SAFETY: a text of the C library, zero-terminated, that is there until the next call.
        let name = unsafe String(cString: text)
        return name.prefix(1).lowercased() + name.dropFirst()
    }

    /// What the host hears of the hook that runs, in runc's words.
    func failure(of reason: String) -> Failure {
        Failure(
            operation: "run hooks",
            message: "error running startContainer hook #\(index): \(reason)")
    }
}
