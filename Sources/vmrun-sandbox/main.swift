// One container's machine. `vmrun-sandbox FD`: the configuration is a frame on the inherited descriptor FD.
internal import Glibc
internal import Linux
internal import Protocols
internal import VMM

/// Exit status of a process that was not started by vmrun.
let usageStatus: Int32 = 64

func complain(_ message: String) -> Never {
    try? OwnedFD.duplicating(2).writeAll(Array("vmrun-sandbox: \(message)\n".utf8))
    exit(usageStatus)
}

func readConfiguration(_ number: Int32) throws -> SandboxConfiguration {
    let descriptor = OwnedFD(taking: number)
    var reader = FrameReader()
    while true {
        if let frame = try reader.next() { return try SandboxConfiguration(decoding: frame) }
        let bytes = try descriptor.read(upTo: 65536)
        guard !bytes.isEmpty else { throw MessageError.malformed }
        reader.append(bytes)
    }
}

guard CommandLine.arguments.count == 2, let number = Int32(CommandLine.arguments[1]), number > 2
else { complain("is started by vmrun, with the number of a descriptor") }
do {
    let configuration = try readConfiguration(number)
    exit(
        configuration.makesTemplate
            ? try TemplateMaker(configuration).run() : try Sandbox(configuration).run())
} catch {
    complain("\(error)")
}
