internal import Glibc
internal import Linux
internal import OCISpec

/// Why one hook failed.
struct HookFailure: Error {
    var reason: String
}

/// A hook that runs. Its end is awaited here; what it has started may live on, with nobody to write to.
struct HookProcess: ~Copyable {
    private let child: Child
    private let timeout: Int?
    private let timer: TimerFD
    private var output: OutputTail
    private var errors: OutputTail

    /// Starts it with the state on its stdin and its output kept, in a mount namespace (nil: this process's). As with runc
    /// and crun, one that names no environment has vmrun's.
    static func start(
        _ hook: HookEntry, state: [UInt8], in directory: String, mounts: Int32?
    ) throws(HookFailure) -> HookProcess {
        do throws(Errno) {
            let output = try OwnedFD.pipe()
            let errors = try OwnedFD.pipe()
            let input = try input(state)
            let child = try spawn(
                hook, [input.rawValue, output.second.rawValue, errors.second.rawValue],
                in: directory, mounts: mounts)
            return HookProcess(
                child: child, timeout: hook.timeout, timer: try TimerFD(),
                output: try OutputTail(output.keepingFirst()),
                errors: try OutputTail(errors.keepingFirst()))
        } catch {
            throw HookFailure(reason: "fork/exec \(hook.path): \(error)")
        }
    }

    private static func spawn(
        _ hook: HookEntry, _ descriptors: [Int32], in directory: String, mounts: Int32?
    ) throws(Errno) -> Child {
        let arguments = hook.args ?? []
        var placement = Child.Placement()
        if let mounts { placement.mounts = .joined(mounts) }
        do throws(Child.PlacementError) {
            return try Child.spawn(
                hook.path, arguments: arguments.isEmpty ? [hook.path] : arguments,
                environment: hook.env ?? inheritedEnvironment(), descriptors: descriptors,
                placement: placement, folder: directory)
        } catch {
            throw error.errno
        }
    }

    private static func inheritedEnvironment() -> [String] {
        ProcessSetup.environment().map { "\($0.key)=\($0.value)" }
    }

    /// A file, and no pipe: a hook may end without having read it.
    private static func input(_ state: [UInt8]) throws(Errno) -> OwnedFD {
        let file = try OwnedFD.memoryFile("state")
        try file.writeAll(state)
        return try OwnedFD.open("/proc/self/fd/\(file.rawValue)", O_RDONLY)
    }

    /// Waits for the end, for no longer than the hook's timeout.
    consuming func waitForSuccess() throws(HookFailure) {
        let end: Child.End
        do throws(Errno) {
            guard try runsToItsEnd() else {
                child.signal(SIGKILL)
                _ = try child.wait()
                throw Errno(rawValue: ETIMEDOUT)
            }
            end = try child.wait()
        } catch {
            guard error.rawValue == ETIMEDOUT, let timeout else {
                throw HookFailure(reason: "wait: \(error)")
            }
            throw HookFailure(reason: "hook ran past specified timeout of \(timeout).0s")
        }
        let how: String
        switch end {
        case .exited(0): return
        case .exited(let status): how = "exit status \(status)"
        case .killed(let signal): how = "signal: \(SignalName.text(of: signal))"
        }
        throw HookFailure(reason: "\(how), stdout: \(output.text), stderr: \(errors.text)")
    }

    /// Reads the output until the process ends, and what is there then; false when its time is over.
    private mutating func runsToItsEnd() throws(Errno) -> Bool {
        if let timeout { try timer.set(milliseconds: Int64(timeout) * 1000) }
        while true {
            var poll = Poll()
            let ended = poll.add(child.descriptor.rawValue, reading: true)
            let expired = poll.add(timer.descriptor.rawValue, reading: true)
            _ = poll.add(output.pollable, reading: true)
            _ = poll.add(errors.pollable, reading: true)
            try poll.wait()
            try output.readAvailable()
            try errors.readAvailable()
            if poll.isReady(ended) { return true }
            if poll.isReady(expired) { return false }
        }
    }
}

/// The last bytes that come out of a pipe.
struct OutputTail: ~Copyable {
    private let pipe: OwnedFD
    private var bytes: [UInt8] = []
    private var hasEnded = false
    private static let limit = 4096

    init(_ pipe: consuming OwnedFD) throws(Errno) {
        try pipe.setNonBlocking(true)
        self.pipe = pipe
    }

    /// Without the line's end.
    var text: String {
        let end = bytes.lastIndex { $0 != 10 } ?? -1
        return String(decoding: bytes[...end], as: UTF8.self)
    }

    /// nil at the end of the stream.
    var pollable: Int32? { hasEnded ? nil : pipe.rawValue }

    /// Reads what is there, which is no more than a pipe holds if its writer does not go on and on.
    mutating func readAvailable() throws(Errno) {
        guard !hasEnded else { return }
        do throws(Errno) {
            let piece = try pipe.read(upTo: 1 << 20)
            hasEnded = piece.isEmpty
            bytes = Array((bytes + piece).suffix(Self.limit))
        } catch .wouldBlock {
        }
    }
}
