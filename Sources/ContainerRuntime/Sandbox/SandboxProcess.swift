internal import Glibc
package import Linux
internal import OCISpec
package import Protocols

/// A process that this one has started, and that is on the host what a container is: a running sandbox, or what stands for a
/// container in the machine of another. One thread uses it.
package final class SandboxProcess {
    package let child: Child
    private var reports: FrameChannel
    private let log: OwnedFD
    private var logOffset = 0
    /// What the sandbox has said of its end, once it has.
    package private(set) var failure: Failure?

    private let configuration: SandboxConfiguration
    private var document: OwnedFD?

    package init(
        _ child: consuming Child, _ configuration: SandboxConfiguration,
        over document: consuming OwnedFD, report: consuming OwnedFD, log: consuming OwnedFD
    ) {
        self.child = child
        self.configuration = configuration
        self.document = consume document
        reports = FrameChannel(report)
        self.log = log
    }

    /// Sends the configuration, once: the process begins. One that has died already is noticed later.
    func configure(hookState: String = "", orFail operation: String) throws(RuntimeError) {
        guard let document = document.take() else { return }
        var configuration = configuration
        if !configuration.container.startContainerHooks.isEmpty {
            configuration.container.hookState = hookState
        }
        do throws(Errno) {
            try document.writeAll(Frame.encode(configuration))
        } catch .brokenPipe, .connectionReset {
        } catch {
            throw .system(operation, error)
        }
    }

    /// One that stands for a container: the container is there, and the connection to its sandbox is the process's now.
    func handOver() {
        // One that has died already is noticed later.
        try? document.take()?.writeAll([1])
    }

    /// A pid alone where it has ended already.
    package var identity: ProcessIdentity {
        ProcessIdentity(running: child.pid) ?? ProcessIdentity(pid: child.pid, startTime: 0)
    }

    /// For `Poll`: readable when there is a report; nil after the last one. Borrowed.
    package var reportNumber: Int32? { reports.ended ? nil : reports.socket.rawValue }

    /// For `Poll`: readable when the process has ended. Borrowed.
    package var processNumber: Int32 { child.descriptor.rawValue }

    /// Takes a report that has arrived; nil where it has not in full, or the stream has ended.
    package func takeReport() throws(RuntimeError) -> SandboxReport? {
        guard let body = try reports.poll() else { return nil }
        let report = try FrameChannel.decode(SandboxReport.self, body)
        if case .failure(let reason) = report { failure = reason }
        return report
    }

    /// Takes what the sandbox has said before it ended.
    func takeLastReports() throws(RuntimeError) {
        while reportNumber != nil { _ = try takeReport() }
    }

    /// Waits for the end. To be called once.
    package func end() throws(RuntimeError) -> Child.End {
        do throws(Errno) {
            return try child.wait()
        } catch {
            throw .system("wait", error)
        }
    }

    /// Ends the process at once and waits for it.
    package func kill() {
        child.signal(SIGKILL)
        _ = try? child.wait()
    }

    /// The error for a process that ended without being asked to: its own words, or the end of its log.
    package func error(_ end: Child.End) -> RuntimeError {
        if let failure { return .container(failure) }
        return .sandboxDied(how: end.words, log: lastLines(3))
    }

    /// What the sandbox has logged since the last call.
    package func newLogLines() -> [Log.Line] {
        guard let all = try? wholeLog(), all.count > logOffset else { return [] }
        let lines = all[logOffset...].split(separator: UInt8(ascii: "\n"))
        logOffset = all.count
        return lines.map(Self.parse)
    }

    private func lastLines(_ count: Int) -> [String] {
        guard let all = try? wholeLog() else { return [] }
        return all.split(separator: UInt8(ascii: "\n")).suffix(count).map { Self.parse($0).message }
    }

    private func wholeLog() throws(Errno) -> [UInt8] {
        let copy = try OwnedFD.open("/proc/self/fd/\(log.rawValue)", O_RDONLY)
        return try copy.readAll(limit: 64 << 20)
    }

    /// A line that is not JSON is what the Swift runtime writes when it gives up.
    private static func parse(_ line: ArraySlice<UInt8>) -> Log.Line {
        guard let tree = try? JSONParser.parse(Array(line)),
            case .string(let level) = tree["level"], case .string(let message) = tree["msg"],
            case .string(let time) = tree["time"]
        else {
            return Log.Line(
                level: .error, message: String(decoding: line, as: UTF8.self),
                time: WallClock.rfc3339())
        }
        return Log.Line(level: Log.Level(rawValue: level) ?? .info, message: message, time: time)
    }
}

extension SandboxProcess {
    /// Waits for the first report; an error where it is a failure, or the process ends without one.
    func waitUntilCreated() throws(RuntimeError) {
        while true {
            var poll = Poll()
            let report = poll.add(reportNumber, reading: true)
            let process = poll.add(processNumber, reading: true)
            do throws(Errno) {
                try poll.wait()
            } catch {
                throw .system("poll", error)
            }
            if poll.isReady(report) {
                switch try takeReport() {
                case .created: return
                case .failure(let failure): throw .container(failure)
                case nil: break
                }
            }
            if poll.isReady(process), reportNumber == nil { throw error(try end()) }
        }
    }
}

extension Child.End {
    /// `was killed by signal 9 (SIGKILL)`, `ended with status 3`.
    var words: String {
        switch self {
        case .exited(let status): "ended with status \(status)"
        case .killed(let signal): "was killed by signal \(signal) (\(SignalName.text(of: signal)))"
        }
    }

    var wasKilled: Bool {
        if case .killed = self { true } else { false }
    }

    /// As a shell has it: the exit status, or 128 and the signal.
    package var status: Int32 {
        switch self {
        case .exited(let status): status
        case .killed(let signal): 128 + signal
        }
    }
}

extension Log {
    /// What the sandbox has logged since the last time. Errors among the lines are repeated in the failure that comes
    /// with them, so they are details here.
    func passOn(of sandbox: SandboxProcess) {
        for var line in sandbox.newLogLines() {
            if line.level == .error { line.level = .debug }
            write(line)
        }
    }
}
