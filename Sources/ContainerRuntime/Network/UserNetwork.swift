internal import Glibc
internal import Linux
internal import Netlink
internal import Protocols

/// A network of user space: passt(1), a process that makes connections of its own of those of the guest, and the other way
/// round for ports that are published. It needs no rights, and ends when the stream is closed.
struct UserNetwork: ~Copyable {
    /// How long passt may take to begin, in milliseconds.
    private static let patience: Int32 = 10_000
    /// What errors name.
    private static let field = "the network of user space"

    /// The guest's end: frames with their lengths in front of them.
    let stream: OwnedFD
    let process: Child
    /// What the guest is to have.
    let interface: NetworkInterface

    /// Starts the program in this process's namespaces and the container's control group. Returns when it serves.
    static func start(
        _ plan: NetworkPlan, passt: String, placement: HostPlacement
    ) throws(RuntimeError) -> UserNetwork {
        let addresses = UserAddresses(hasIPv6: hasDefaultRoute(.ipv6))
        let pair = try wrap { () throws(Errno) in try UnixSocket.pair() }
        let errors = try wrap { () throws(Errno) in try OwnedFD.memoryFile("passt") }
        let null = try wrap { () throws(Errno) in try OwnedFD.open("/dev/null", O_RDWR) }
        var place = Child.Placement()
        place.cgroups = placement.ofChild.cgroups
        let process: Child
        do throws(Child.PlacementError) {
            process = try Child.spawn(
                passt, arguments: arguments(passt, plan, addresses),
                environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
                descriptors: [
                    null.rawValue, null.rawValue, errors.rawValue, pair.second.rawValue,
                ], placement: place)
        } catch {
            guard error.step == .execute else {
                throw .system(placement.words(for: error.step, program: passt), error.errno)
            }
            throw .unsupported(
                path: field,
                reason: "start \(passt): \(error.errno); it comes with the package passt")
        }
        let stream = pair.keepingFirst()
        guard try answers(stream, addresses, process) else {
            process.signal(SIGKILL)
            _ = try? process.wait()
            let text = lastLine(of: errors)
            throw .unsupported(
                path: field, reason: "passt does not serve" + (text.isEmpty ? "" : ": \(text)"))
        }
        return UserNetwork(stream: stream, process: process, interface: addresses.interface)
    }

    private static func arguments(
        _ passt: String, _ plan: NetworkPlan, _ addresses: UserAddresses
    ) -> [String] {
        var arguments = [passt, "--fd", "3", "--foreground", "--quiet", "--stderr", "--no-map-gw"]
        // The agent has told the guest already.
        arguments += ["--no-dhcp", "--no-dhcpv6", "--no-ra"] + addresses.options
        for (option, ports) in [("-t", plan.publishedTCP), ("-u", plan.publishedUDP)] {
            arguments += ports.flatMap { [option, $0] }
        }
        return arguments
    }

    /// Asks for the gateway's address (ARP) until there is an answer; false where there is none in time, or the process
    /// has ended.
    private static func answers(
        _ stream: borrowing OwnedFD, _ addresses: UserAddresses, _ process: borrowing Child
    ) throws(RuntimeError) -> Bool {
        let frame = addresses.question
        let length = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: frame.count >> $0) }
        var left = 0
        do throws(Errno) {
            try stream.writeAll(length + frame)
            // Its length first.
            for isLength in [true, false] {
                var bytes: [UInt8] = []
                let wanted = isLength ? length.count : left
                while bytes.count < wanted {
                    var poll = Poll()
                    let answer = poll.add(stream.rawValue, reading: true)
                    let end = poll.add(process.descriptor.rawValue, reading: true)
                    try poll.wait(timeout: patience)
                    guard poll.isReady(answer), !poll.isReady(end) else { return false }
                    let more = try stream.read(upTo: wanted - bytes.count)
                    guard !more.isEmpty else { return false }
                    bytes += more
                }
                if isLength { left = bytes.reduce(0) { $0 << 8 | Int($1) } }
            }
            return true
        } catch .brokenPipe, .connectionReset {
            return false
        } catch {
            throw .system(field, error)
        }
    }

    private static func lastLine(of errors: borrowing OwnedFD) -> String {
        let copy = try? OwnedFD.open("/proc/self/fd/\(errors.rawValue)", O_RDONLY)
        guard let bytes = try? copy?.readAll(limit: 65536) else { return "" }
        return bytes.split(separator: UInt8(ascii: "\n")).last
            .map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// passt serves a family that the host has a default route for.
    private static func hasDefaultRoute(_ family: AddressFamily) -> Bool {
        guard var socket = try? RouteSocket(), let routes = try? socket.routes() else {
            return false
        }
        return routes.contains {
            $0.destination.length == 0 && $0.destination.address.family == family
                && $0.kind == .unicast
        }
    }

    private static func wrap<T: ~Copyable>(
        _ body: () throws(Errno) -> T
    ) throws(RuntimeError) -> T {
        try RuntimeError.wrap(field, body)
    }
}
