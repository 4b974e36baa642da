// A sandbox without a machine: it speaks the protocol of vmrun-sandbox and plays the container itself, as
// the first argument of the container's process says (`Container.play`), or the maker of a template, as the kernel
// says (`Maker.play`). `FakeSandbox enter PID` looks at what it shows of itself, `FakeSandbox trap`
// makes a system call that its filter traps, and `FakeSandbox exec ...` is the real stand-in of exec's processes, `FakeSandbox watch ...` the real watcher. For the tests of the host side.
import Glibc
import Linux
import Protocols
import VMM

/// The only frame on the descriptor that the first argument names.
func readConfiguration() throws -> SandboxConfiguration {
    let document = OwnedFD(taking: Int32(CommandLine.arguments[1]) ?? -1)
    var reader = FrameReader()
    reader.append(try document.readAll(limit: 32 << 20))
    guard let body = try reader.next() else { exit(90) }
    return try SandboxConfiguration(decoding: body)
}

/// As vmrun-sandbox has it.
func standIn(_ words: [String]) throws -> Int32 {
    let terminal = Int32(words[1]) ?? -1
    let go = Int32(words[2]) ?? -1
    let jail = try StandIn.jail(in: OwnedFD(taking: Int32(words[3]) ?? -1))
    var standIn = try StandIn(
        connection: OwnedFD(taking: Int32(words[0]) ?? -1),
        terminal: terminal < 0 ? nil : OwnedFD(taking: terminal),
        go: go < 0 ? nil : OwnedFD(taking: go), jail: jail,
        container: words[4], process: words[5])
    return try standIn.run()
}

if CommandLine.arguments[1] == "exec" {
    exit(try standIn(Array(CommandLine.arguments.dropFirst(2))))
}
if CommandLine.arguments[1] == "watch" {
    let words = CommandLine.arguments
    try NetworkWatch(
        listener: OwnedFD(taking: Int32(words[2]) ?? -1),
        sandbox: OwnedFD(taking: Int32(words[3]) ?? -1), command: Array(words.dropFirst(4))
    ).run()
    exit(0)
}
if CommandLine.arguments[1] == "trap" {
    exit(try Trapped.run())
}
if CommandLine.arguments[1] == "enter" {
    exit(try Visitor.run(CommandLine.arguments[2]))
}
if CommandLine.arguments[1] == "reap" {
    exit(try Reaper.run(Array(CommandLine.arguments.dropFirst(2))))
}
// They mean the container, from the first moment.
try Container.forwardedSignals.block()
let configuration = try readConfiguration()
if configuration.makesTemplate {
    var maker = Maker(configuration)
    try maker.play()
} else {
    let container = try Container(configuration)
    try container.play()
}
