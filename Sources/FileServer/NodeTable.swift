import Linux

/// The inodes the client holds, and how many times it was told of each (its lookup count).
///
/// A number goes away when the client has forgotten it as often as it was told; numbers are never used
/// again, so one that is late finds nothing. Any thread may use it.
final class NodeTable: Sendable {
    private struct Record {
        let node: Node
        /// nil: not counted, stays for ever.
        var lookups: UInt64?
    }

    private struct State {
        var records: [UInt64: Record] = [:]
        var numbers: [NodeKey: UInt64] = [:]
        var next = Wire.root + 1

        mutating func takeNumber() -> UInt64 {
            // 2^64 numbers do not run out.
            defer { next &+= 1 }
            return next
        }
    }

    /// A client that holds more inodes than this gets no new ones: what bounds the server's memory.
    private static let maximum = 4 << 20

    private let state = Lock(State())

    /// How an inode was brought in.
    struct Entry {
        let node: Node
        /// Whether the node holds the descriptor that was brought: then it counts against the limit.
        let tookDescriptor: Bool
    }

    /// A number that nothing has had yet.
    func newNumber() -> UInt64 {
        state.withLock { $0.takeNumber() }
    }

    /// Puts a node in that is never forgotten.
    func addPermanent(_ node: Node) {
        state.withLock { state in
            state.records[node.id] = Record(node: node, lookups: nil)
            state.numbers[node.key] = node.id
        }
    }

    func node(_ id: UInt64) throws(Errno) -> Node {
        guard let record = state.withLock({ $0.records[id] }) else { throw .stale }
        return record.node
    }

    /// The node of a key, without counting.
    func node(of key: NodeKey) -> Node? {
        state.withLock { state in
            state.numbers[key].flatMap { state.records[$0]?.node }
        }
    }

    /// Counts one lookup of the inode behind a descriptor that was just opened.
    func remember(
        _ descriptor: Descriptor, _ status: FileStatus, share: Share, isSubmount: Bool
    ) throws(Errno) -> Entry {
        // A file type that statx(2) cannot name is none that the client could use.
        guard let type = status.type else { throw .io }
        let key = NodeKey(share, status)
        return try state.withLock { state throws(Errno) -> Entry in
            if let id = state.numbers[key], let record = state.records[id],
                record.node.type == type, record.node.isSame(as: descriptor)
            {
                if let lookups = record.lookups {
                    state.records[id]?.lookups = lookups &+ 1
                }
                return Entry(node: record.node, tookDescriptor: record.node.adopt(descriptor))
            }
            guard state.records.count < NodeTable.maximum else { throw .tooManyFiles }
            let node = Node(
                id: state.takeNumber(), share: share, status: status, type: type,
                descriptor: descriptor, isSubmount: isSubmount)
            state.records[node.id] = Record(node: node, lookups: 1)
            state.numbers[key] = node.id
            return Entry(node: node, tookDescriptor: true)
        }
    }

    /// Takes back some of the lookups, or all where the client names more than it has.
    func forget(_ id: UInt64, lookups: UInt64) {
        // The node is let go of outside the lock, since that may close a file.
        _ = state.withLock { state -> Node? in
            guard let record = state.records[id], let held = record.lookups else { return nil }
            guard lookups >= held else {
                state.records[id]?.lookups = held - lookups
                return nil
            }
            state.records[id] = nil
            if state.numbers[record.node.key] == id { state.numbers[record.node.key] = nil }
            return record.node
        }
    }

    /// Forgets all but the permanent ones.
    func removeAll() {
        let old = state.withLock { state -> [UInt64: Record] in
            let all = state.records
            state.records = all.filter { $0.value.lookups == nil }
            state.numbers = state.numbers.filter { state.records[$0.value] != nil }
            return all
        }
        _ = consume old
    }

    /// For tests: how many nodes there are, and the count of one.
    var count: Int {
        state.withLock { $0.records.count }
    }

    func lookups(of id: UInt64) -> UInt64? {
        state.withLock { $0.records[id]?.lookups }
    }
}
