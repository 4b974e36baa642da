internal import Protocols

/// Where the agent runs: PID 1 of a machine, or, in tests, PID 1 of fresh namespaces on a host.
struct AgentOptions {
    var transport = AgentTransport.vsock
    /// A folder of the host that stands in for the share.
    var share: String?
    /// A folder of the host with sockets that stand in for vsock ports.
    var ports: String?

    /// Makes what most containers need before the host answers: this machine becomes a template.
    var makesSpares = false

    /// This is a virtual machine, whose end is a reboot.
    var isMachine: Bool { ports == nil }

    /// Reads `--socket DIR --share DIR --spares`. Without arguments (the kernel may pass others on to its init) it
    /// is a machine.
    init(_ arguments: [String]) {
        var rest = arguments.dropFirst()
        while let name = rest.popFirst() {
            switch name {
            case "--socket": ports = rest.popFirst()
            case "--share": share = rest.popFirst()
            case "--spares": makesSpares = true
            default: break
            }
        }
        if ports != nil { transport = .unix(directory: Place.ports) }
    }

    /// What stands in for devices of a machine.
    var bindings: [GuestRoot.Binding] {
        [(ports, Place.ports), (share, Place.share)].compactMap { source, destination in
            source.map { GuestRoot.Binding(source: $0, destination: destination) }
        }
    }
}
