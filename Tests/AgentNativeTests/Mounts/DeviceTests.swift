import Protocols
import Testing

@Suite("Devices", .native)
struct DeviceTests {
    let agent: NativeAgent

    init() throws {
        agent = try NativeAgent()
    }

    @Test(
        "each default device is there, for everybody",
        arguments: [
            ("null", "1:3"), ("zero", "1:5"), ("full", "1:7"), ("random", "1:8"),
            ("urandom", "1:9"), ("tty", "5:0"),
        ])
    func defaults(name: String, numbers: String) throws {
        let outcome = try agent.run(
            Plans.container("stat", "-c", "%F %t:%T %a %u %g", "/dev/\(name)"))

        #expect(outcome == Outcome(output: "character special file \(numbers) 666 0 0\n"))
    }

    @Test(
        "each link is there",
        arguments: [
            ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
            ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
        ])
    func links(name: String, target: String) throws {
        let outcome = try agent.run(Plans.container("readlink", "/dev/\(name)"))

        #expect(outcome == Outcome(output: target + "\n"))
    }

    @Test("/dev/core is there where the kernel has a /proc/kcore")
    func core() throws {
        let outcome = try agent.run(Plans.container("readlink", "/dev/core"))

        #expect(outcome.output == (Host.hasKernelCore ? "/proc/kcore\n" : ""))
    }

    @Test("nothing else is in /dev")
    func nothingElse() throws {
        let outcome = try agent.shell("rm -f /dev/core; ls /dev")

        let names = """
            fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero
            """
        #expect(outcome.output.split(separator: "\n") == names.split(separator: " "))
    }

    @Test("devices work, for a user too")
    func work() throws {
        let script = """
            echo x >/dev/null; head -c 2 /dev/zero | od -An -tx1; head -c 9 /dev/urandom | wc -c
            echo x >/dev/full
            """

        let outcome = try agent.shell(script) { $0.process.uid = 1000 }

        #expect(outcome.output == " 00 00\n9\n")
        #expect(outcome.errors == "sh: write error: No space left on device\n")
    }

    @Test("links to the streams work")
    func streams() throws {
        let outcome = try agent.shell(
            "echo to-out >/dev/stdout; echo to-err >/dev/stderr; cat /dev/stdin; cat /dev/fd/0",
            input: Array("in\n".utf8))

        #expect(outcome == Outcome(output: "to-out\nin\n", errors: "to-err\n"))
    }

    struct Node: Sendable, CustomTestStringConvertible {
        let device: Device
        let description: String
        var testDescription: String { "\(device.path): \(description)" }
    }

    @Test(
        "a device of the plan is made, with its owner, mode and folder",
        arguments: [
            Node(
                device: Plans.device("/dev/mine", mode: 0o20640, 1, 5),
                description: "character special file 1:5 640"),
            Node(
                device: Plans.device("/dev/a/b/fuse", mode: 0o20666, 10, 229),
                description: "character special file a:e5 666"),
            Node(
                device: Plans.device("/dev/block", mode: 0o60600, 259, 0x12345),
                description: "block special file 103:12345 600"),
            Node(device: Plans.device("/dev/pipe", mode: 0o10622), description: "fifo 0:0 622"),
            Node(
                device: Plans.device("/made/null", mode: 0o20666, 1, 3),
                description: "character special file 1:3 666"),
        ])
    func planned(node: Node) throws {
        var device = node.device
        device.uid = 12
        device.gid = 34

        let plan = Plans.container("stat", "-c", "%F %t:%T %a %u %g", device.path)
        let outcome = try agent.run(plan) { $0.devices = [device] }

        #expect(outcome == Outcome(output: node.description + " 12 34\n"))
    }

    @Test("a default device that the plan has, too, is the plan's")
    func replaced() throws {
        let outcome = try agent.shell("stat -c '%t:%T %a' /dev/null /dev/zero") {
            $0.devices = [Plans.device("/dev/null", mode: 0o20600, 1, 3)]
        }

        #expect(outcome == Outcome(output: "1:3 600\n1:5 666\n"))
    }

    @Test("a device where the image has a file leaves the file alone")
    func existing() throws {
        try agent.put("image\n", at: "rootfs/made/file")

        let outcome = try agent.shell("cat /made/file") {
            $0.devices = [Plans.device("/made/file", mode: 0o20600, 1, 3)]
        }

        #expect(outcome == Outcome(output: "image\n"))
    }

    @Test("no devices are made where the plan binds /dev")
    func bound() throws {
        try agent.put("x", at: "devices/file")

        let outcome = try agent.shell("ls /dev") {
            $0.mounts.removeAll { $0.destination.hasPrefix("/dev") }
            $0.mounts.append(Plans.bind("devices", at: "/dev"))
        }

        #expect(outcome == Outcome(output: "file\n"))
    }
}
