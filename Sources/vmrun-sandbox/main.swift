// One container's machine. `vmrun-sandbox FD`: the configuration is a frame on the inherited descriptor FD.
// `vmrun-sandbox exec FD TTY GO JAIL CONTAINER PROCESS`: what stands for a process of exec, or with an empty PROCESS for a
// container that was added to a machine; FD is the connection to the sandbox, TTY the slave of the process's terminal or -1,
// GO what tells that the connection is this process's now or -1, JAIL a file with how it confines itself.
// `vmrun-sandbox watch LISTENER SANDBOX PROGRAM...`: has the program run when something happens in the network namespace that
// the netlink socket LISTENER hears of, until the process of the pidfd SANDBOX ends.
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

func standIn(_ arguments: ArraySlice<String>) throws -> Int32 {
    let words = Array(arguments)
    guard words.count == 6, let connection = Int32(words[0]), connection > 2,
        let terminal = Int32(words[1]), let go = Int32(words[2]), let jail = Int32(words[3]),
        jail > 2
    else { complain("exec: is started by vmrun") }
    let configuration = try StandIn.jail(in: OwnedFD(taking: jail))
    var standIn = try StandIn(
        connection: OwnedFD(taking: connection),
        terminal: terminal < 0 ? nil : OwnedFD(taking: terminal),
        go: go < 0 ? nil : OwnedFD(taking: go), jail: configuration, container: words[4],
        process: words[5])
    return try standIn.run()
}

func watch(_ arguments: ArraySlice<String>) throws -> Int32 {
    let words = Array(arguments)
    guard words.count > 2, let listener = Int32(words[0]), listener > 2,
        let sandbox = Int32(words[1]), sandbox > 2
    else { complain("watch: is started by vmrun") }
    let watch = NetworkWatch(
        listener: OwnedFD(taking: listener), sandbox: OwnedFD(taking: sandbox),
        command: Array(words.dropFirst(2)))
    try watch.run()
    return 0
}

let roles = ["exec": standIn, "watch": watch]
if CommandLine.arguments.count > 2, let role = roles[CommandLine.arguments[1]] {
    do {
        exit(try role(CommandLine.arguments.dropFirst(2)))
    } catch {
        complain("\(error)")
    }
}
guard CommandLine.arguments.count == 2, let number = Int32(CommandLine.arguments[1]), number > 2
else { complain("is started by vmrun, with the number of a descriptor") }
do {
    let configuration = try readConfiguration(number)
    if configuration.makesTemplate { try TemplateMaker(configuration).run() }
    try Sandbox(configuration).run()
} catch {
    complain("\(error)")
}
