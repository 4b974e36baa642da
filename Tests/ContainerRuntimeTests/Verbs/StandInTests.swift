import Glibc
import Linux
import Protocols
import Testing

/// The process that stands for one of exec's, with a sandbox at the other end that the test plays.
@Suite final class StandInTests {
    private let child: Child
    private let sandbox: OwnedFD

    init() throws {
        ProcessSetup.ignoreBrokenPipes()
        let pair = try UnixSocket.pair()
        child = try Self.spawn(over: pair.second)
        sandbox = try pair.first.duplicate()
    }

    private static func spawn(over connection: borrowing OwnedFD) throws -> Child {
        let null = try OwnedFD.open("/dev/null", O_RDWR)
        let program = Invocation.products + "/FakeSandbox"
        let number = null.rawValue
        let jail = try OwnedFD.memoryFile("jail")
        try jail.writeAll(Frame.encode(JailConfiguration()))
        return try Child.spawn(
            program, arguments: [program, "exec", "3", "-1", "-1", "4", "c", "x"], environment: [],
            descriptors: [number, number, number, connection.rawValue, jail.rawValue])
    }

    private func next(_ reader: inout FrameReader) throws -> SandboxRequest.Body {
        while true {
            if let frame = try reader.next() { return try SandboxRequest(decoding: frame).body }
            let bytes = try sandbox.read(upTo: 4096)
            try #require(!bytes.isEmpty)
            reader.append(bytes)
        }
    }

    private func tell(_ status: Int32?) throws {
        var reply = SandboxReply(status: .running)
        reply.exitStatus = status
        try sandbox.writeAll(Frame.encode(reply))
    }

    @Test func takesOverPassesSignalsOnAndEndsWithTheStatus() throws {
        var reader = FrameReader()
        #expect(try next(&reader) == .handOver(pid: UInt32(child.pid)))
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGWINCH, SIGTSTP, SIGCONT, 64] {
            child.signal(signal)
            let expected = ProcessSignal(container: "c", process: "x", signal: UInt32(signal))
            #expect(try next(&reader) == .agent(.signalProcess(expected)))
            try tell(nil)
        }
        try tell(44)
        #expect(try child.wait() == .exited(44))
    }

    @Test(arguments: [[], [255, 255, 255, 255, 0], [3, 0, 0, 0, 9, 9, 9], [5, 0]] as [[UInt8]])
    func aSandboxThatGoesOrMakesNoSenseIsLost(bytes: [UInt8]) throws {
        var reader = FrameReader()
        _ = try next(&reader)
        if !bytes.isEmpty { try sandbox.writeAll(bytes) }
        try UnixSocket.shutdown(sandbox, .both)
        #expect(try child.wait() == .exited(255))
    }

    @Test func aSandboxThatIsGoneAlreadyIsLost() throws {
        try tell(5)
        #expect(try child.wait() == .exited(5))
        let pair = try UnixSocket.pair()
        try UnixSocket.shutdown(pair.first, .both)
        let late = try Self.spawn(over: pair.second)
        #expect(try late.wait() == .exited(255))
    }

    @Test func aSandboxThatIsGoneMayHaveLeftWord() throws {
        var reply = SandboxReply(status: .running)
        reply.exitStatus = 137
        let pair = try UnixSocket.pair()
        try pair.first.writeAll(Frame.encode(reply))
        try UnixSocket.shutdown(pair.first, .both)
        let late = try Self.spawn(over: pair.second)
        #expect(try late.wait() == .exited(137))
    }
}
