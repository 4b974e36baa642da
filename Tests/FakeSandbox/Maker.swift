import ContainerRuntime
import Glibc
import Linux
import Protocols

/// What the fake does in the place of a machine that becomes a template: the lines of the kernel's file, one after
/// the other. A template's state is `template N`, N from the step `count`.
struct Maker: ~Copyable {
    private let state: OwnedFD
    private let memory: OwnedFD
    private let kernel: OwnedFD
    private var report: FrameChannel
    private var number = 1

    init(_ configuration: SandboxConfiguration) {
        state = OwnedFD(taking: configuration.descriptors.templateState)
        memory = OwnedFD(taking: configuration.descriptors.templateMemory)
        kernel = OwnedFD(taking: configuration.descriptors.kernel)
        report = FrameChannel(OwnedFD(taking: configuration.descriptors.report))
    }

    mutating func play() throws {
        // The descriptor may have been another maker's before.
        let text = String(decoding: try kernel.read(upTo: 1 << 16, at: 0), as: UTF8.self)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            try step(words[0], words.count > 1 ? words[1] : "")
        }
        try state.writeAll(Array("template \(number)\n".utf8))
        try memory.setSize(1 << 20)
        try memory.writeAll([UInt8](repeating: 1, count: 4096))
        try report.send(SandboxReport.created)
    }

    private mutating func step(_ name: String, _ argument: String) throws {
        switch name {
        case "count":
            let file = try OwnedFD.open(argument, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
            try file.writeAll([UInt8(ascii: "x")])
            number = Int(try file.status().size)
        // Only when it is the first one.
        case "first":
            let words = argument.split(separator: " ", maxSplits: 1).map(String.init)
            if number == 1 { try step(words[0], words.count > 1 ? words[1] : "") }
        case "fail":
            try report.send(SandboxReport.failure(Failure(message: argument)))
            exit(1)
        case "die": Container.crash()
        case "wait": usleep((UInt32(argument) ?? 0) * 1000)
        case "write": try state.writeAll(Array(argument.utf8))
        // Until the one that wants the template is gone.
        case "hang":
            while try report.receive(SandboxReport.self) != nil {}
            exit(1)
        default: exit(92)
        }
    }
}
