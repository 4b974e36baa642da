internal import Netlink
internal import OCISpec

/// What has gone through an interface, in the form of `network_interfaces` of runc's `events`.
struct InterfaceStatistics {
    let name: String
    let counts: LinkStatistics

    var json: JSONValue {
        .object(
            [.init("Name", .string(name))] + members("Rx", counts.received)
                + members("Tx", counts.sent))
    }

    private func members(
        _ prefix: String, _ counts: LinkStatistics.Direction
    ) -> [JSONValue.Member] {
        [
            ("Bytes", counts.bytes), ("Packets", counts.packets), ("Errors", counts.errors),
            ("Dropped", counts.drops),
        ].map { .init(prefix + $0, .number(String($1))) }
    }
}
