// A sandbox without a machine: it speaks the protocol of vmrun-sandbox and plays the container itself, as
// the first argument of the container's process says (`Container.play`), or the maker of a template, as the kernel
// says (`Maker.play`). For the tests of the host side.
import Glibc
import Linux
import Protocols

/// The only frame on the descriptor that the first argument names.
func readConfiguration() throws -> SandboxConfiguration {
    let document = OwnedFD(taking: Int32(CommandLine.arguments[1]) ?? -1)
    var reader = FrameReader()
    reader.append(try document.readAll(limit: 32 << 20))
    guard let body = try reader.next() else { exit(90) }
    return try SandboxConfiguration(decoding: body)
}

let configuration = try readConfiguration()
if configuration.makesTemplate {
    var maker = Maker(configuration)
    try maker.play()
} else {
    var container = Container(configuration)
    try container.play()
}
