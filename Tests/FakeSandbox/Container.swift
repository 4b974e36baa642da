import ContainerRuntime
import Glibc
import Linux
import Protocols

/// What the fake does in the place of a container.
struct Container: ~Copyable {
    private let configuration: SandboxConfiguration
    private let arguments: [String]
    private let report: FrameChannel
    private let listener: OwnedFD

    init(_ configuration: SandboxConfiguration) {
        self.configuration = configuration
        arguments = configuration.container.process.arguments
        report = FrameChannel(OwnedFD(taking: configuration.descriptors.report))
        listener = OwnedFD(taking: configuration.descriptors.control)
    }

    mutating func play() throws {
        switch arguments[0] {
        case "die": Self.crash()
        case "crash":
            try OwnedFD(taking: 2).writeAll(Array("Fatal error: out of luck\n".utf8))
            exit(3)
        case "fail":
            try report.send(SandboxReport.failure(Failure(message: arguments[1])))
            exit(1)
        case "missing":
            let failure = Failure(kind: .programNotFound, message: arguments[1])
            try report.send(SandboxReport.failure(failure))
            exit(1)
        case "hang": pause()
        case "origin", "reluctant":
            if configuration.container.process.terminal {
                let slave = configuration.descriptors.stdin
                guard ioctl(slave, UInt(TIOCSCTTY), 0) == 0 else { exit(93) }
            }
            try refuseTemplate(upTo: Int(arguments[1]) ?? 0)
            fallthrough
        default:
            try report.send(SandboxReport.created)
            try serve()
        }
    }

    /// Dies of SIGSEGV. Process 1 of a pid namespace cannot send itself a signal that ends it.
    private static func crash() {
        // SAFETY: nobody maps this page; the fault is what is wanted.
        unsafe UnsafeMutablePointer<UInt8>(bitPattern: 8)?.pointee = 1
    }

    /// Takes requests of one connection after the other.
    private func serve() throws {
        while true {
            var channel = FrameChannel(try UnixSocket.accept(listener))
            while let request = try channel.receive(SandboxRequest.self) {
                try channel.send(SandboxReply(status: .running))
                switch request.body {
                case .start: try start()
                case .agent(.signalProcess(let signal)): try take(signal.signal)
                default: break
                }
            }
        }
    }

    private func start() throws {
        switch arguments[0] {
        case "exit": exit(Int32(arguments[1]) ?? 91)
        case "panic":
            let failure = Failure(message: "the guest's kernel has panicked: no init")
            try report.send(SandboxReport.failure(failure))
            exit(255)
        case "killed": Self.crash()
        case "cat": try copy()
        case "terminal": try beTerminal()
        case "environment": try describe()
        case "enclosed": try describeEnclosure()
        case "origin":
            try say(try origin())
            exit(0)
        default: try say("started\n")
        }
    }

    /// `template N` or `boot`, with the rest of the line.
    private func origin() throws -> String {
        guard configuration.descriptors.templateState >= 0 else {
            return "boot of \(configuration.machine.memorySize >> 20) MiB\n"
        }
        let file = try OwnedFD.duplicating(configuration.descriptors.templateState)
        return String(decoding: try file.read(upTo: 100, at: 0), as: UTF8.self)
    }

    /// Refuses the first templates that were made.
    private func refuseTemplate(upTo last: Int) throws {
        let words = try origin().split(whereSeparator: \.isWhitespace)
        guard words[0] == "template", let number = Int(words[1]), number <= last else { return }
        let failure = Failure(kind: .badTemplate, message: "it is number \(number)")
        try report.send(SandboxReport.failure(failure))
        exit(1)
    }

    /// `wait` survives USR1 alone.
    private func take(_ signal: UInt32) throws {
        try say("signal \(signal)\n")
        if signal != UInt32(SIGUSR1) { exit(128 + Int32(signal)) }
    }

    private func say(_ text: String) throws {
        let number = configuration.descriptors
        let output = try OwnedFD.duplicating(number.stdout < 0 ? number.stdin : number.stdout)
        try output.writeAll(Array(text.utf8))
    }

    private func copy() throws {
        let input = try OwnedFD.duplicating(configuration.descriptors.stdin)
        let output = try OwnedFD.duplicating(configuration.descriptors.stdout)
        while true {
            let bytes = try input.read(upTo: 65536)
            if bytes.isEmpty { exit(0) }
            try output.writeAll(bytes)
        }
    }

    /// Says the size, then repeats what is typed until a `q`, and every new size.
    private func beTerminal() throws {
        let slave = configuration.descriptors.stdin
        _ = ioctl(slave, UInt(TIOCSCTTY), 0)
        let signals = try SignalFD(blocking: SignalSet(SIGWINCH))
        let keys = try OwnedFD.duplicating(slave)
        try saySize(of: slave)
        while true {
            var poll = Poll()
            let signal = poll.add(signals.descriptor.rawValue, reading: true)
            let key = poll.add(slave, reading: true)
            try poll.wait()
            if poll.isReady(signal), signals.next() != nil { try saySize(of: slave) }
            guard poll.isReady(key) else { continue }
            let bytes = try keys.read(upTo: 100)
            if bytes.contains(UInt8(ascii: "q")) { exit(7) }
            try say("<" + String(decoding: bytes, as: UTF8.self) + ">")
        }
    }

    private func saySize(of slave: Int32) throws {
        let size = try Terminal.size(of: slave)
        try say("size \(size.rows)x\(size.columns)\n")
    }

    /// Says what the process was given, one item per line.
    private func describe() throws {
        let folder = try OwnedFD.open("/proc/self/fd", O_RDONLY | O_DIRECTORY)
        let numbers = try folder.names().map { String(decoding: $0.bytes, as: UTF8.self) }
            .filter { $0 != String(folder.rawValue) }
        try say("descriptors \(numbers.count)\n")
        try say("shares \(configuration.shares.map(\.name).joined(separator: " "))\n")
        try say("folder \(try OwnedFD.target(ofLink: "/proc/self/cwd"))\n")
        try say("session \(getsid(0) == getpid())\n")
        try say("environment \(ProcessSetup.environment().keys.sorted().joined(separator: " "))\n")
        exit(0)
    }

    /// Makes the root of the container its own, and says what it sees then, one item per line.
    private func describeEnclosure() throws {
        let share = configuration.shares[0].descriptor
        let file = try OwnedFD.memoryFile("kept")
        try Enclosure.enter(
            OwnedFD.duplicating(share), readOnly: configuration.container.rootReadonly)
        let names = try OwnedFD.open("/", O_RDONLY | O_DIRECTORY).names()
        try say("/ \(names.map { String(decoding: $0.bytes, as: UTF8.self) }.sorted())\n")
        try say("pid \(getpid())\n")
        let mounts = try? OwnedFD.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 1 << 20)
        try say("mounts \(mounts?.count(where: { $0 == UInt8(ascii: "\n") }) ?? 0)\n")
        do {
            _ = try OwnedFD.open("/made", O_WRONLY | O_CREAT, mode: 0o600).status()
        } catch {
            try say("write: \(error)\n")
        }
        // Descriptors from before, and their names.
        let again = try OpenFiles.folder().open(at: String(file.rawValue), O_RDWR)
        try again.writeAll([1])
        let shared = try OwnedFD.duplicating(share)
        try shared.makeDirectory("through-the-share", mode: 0o700)
        try say("descriptors work\n")
        exit(0)
    }
}
