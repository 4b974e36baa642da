internal import Glibc
internal import Linux
internal import Protocols

/// What most containers need and what takes the kernel long to make, made before the machine becomes a template: each
/// of its copies has it already.
///
/// Without a spare, whatever the reason, a container gets one of its own.
final class Spares {
    /// An empty cgroup, for the first container that cannot see the name of its own.
    private var cgroup: Cgroup?
    /// A network namespace in which nobody has been, with its loopback interface up; for the first container that wants
    /// one.
    private var network: SharedFD?
    /// The filter of containers that may use the default devices, and its program, which containers share.
    private var filter: DeviceFilter?
    private var program: SharedFD?
    /// Connections to the first ports for streams, which are those of the first container's process. The maker of the
    /// template leaves them unanswered, and the sandbox of a copy answers as it does any: refused, where the process has
    /// no such stream.
    private var connections: [UInt32: Connection] = [:]

    private final class Connection {
        var socket: OwnedFD?

        init(_ socket: consuming OwnedFD) {
            self.socket = consume socket
        }
    }

    /// None.
    init() {}

    /// Makes them, in the agent's own namespaces.
    func make(_ transport: AgentTransport) {
        let cgroup = Cgroup("@container")
        self.cgroup = (try? cgroup.create([])).map { cgroup }
        filter = try? DeviceFilter([.denyAll] + DeviceRule.defaults)
        program = filter.flatMap { filter in try? SharedFD(filter.load()) }
        network = try? SharedFD(Self.makeNetwork())
        for port in firstStreamPort..<firstStreamPort + Streams.portCount {
            connections[port] = try? Connection(transport.beginConnecting(toPort: port))
        }
    }

    /// The connection to a port, once, when the host has answered; nil where there is none or it is refused.
    func takeConnection(toPort port: UInt32) -> OwnedFD? {
        guard let socket = connections.removeValue(forKey: port)?.socket.take() else { return nil }
        do throws(Errno) {
            try VsockSocket.finishConnecting(socket)
            return socket
        } catch {
            return nil
        }
    }

    /// The cgroup, once.
    func takeCgroup() -> Cgroup? {
        defer { cgroup = nil }
        return cgroup
    }

    /// The network namespace, once.
    func takeNetwork() -> SharedFD? {
        defer { network = nil }
        return network
    }

    /// Lets the filter decide for the processes of a cgroup; nothing where everything is allowed.
    func attach(_ filter: DeviceFilter, to cgroup: SharedFD) throws(Failure) {
        guard !filter.allowsEverything else { return }
        do throws(Errno) {
            if filter == self.filter, let program {
                return try DeviceFilter.attach(program, to: cgroup)
            }
            try DeviceFilter.attach(SharedFD(filter.load()), to: cgroup)
        } catch {
            throw Action.step("attach the device rules to the cgroup").failure(error)
        }
    }

    /// Goes into a new namespace, sets its loopback interface up, keeps it, and comes back.
    private static func makeNetwork() throws -> OwnedFD {
        let own = try namespace()
        try SystemCall.unshare(Int64(CloneFlags.network))
        let made = Result { try namespace() }
        let setUp = Result { try Self.setLoopbackUp() }
        try SystemCall.setns(Int64(own.rawValue), Int64(CloneFlags.network))
        try setUp.get()
        return try made.get()
    }

    private static func setLoopbackUp() throws(Failure) {
        var program = Program()
        let socket = program.register()
        program.bringLoopbackUp(socket)
        program.add(
            .closeRange, .register(socket), .register(socket), .number(0),
            doing: .step("close the socket"))
        try program.run()
    }

    private static func namespace() throws(Errno) -> OwnedFD {
        try OwnedFD.open("/proc/self/ns/net", O_RDONLY)
    }
}
