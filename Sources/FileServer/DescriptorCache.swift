import Linux

/// Keeps the number of descriptors that nodes hold below a limit, by letting those go that were not used
/// lately (the clock algorithm). Any thread may use it.
final class DescriptorCache: Sendable {
    private struct State {
        /// Nodes that got a descriptor, the oldest from `head` on.
        var ring: [UInt64] = []
        var head = 0

        mutating func takeOldest() -> UInt64? {
            guard head < ring.count else { return nil }
            defer {
                head += 1
                if head > 4096, head > ring.count / 2 {
                    ring.removeFirst(head)
                    head = 0
                }
            }
            return ring[head]
        }
    }

    let counter = DescriptorCounter()
    private let limit: Int
    private let state = Lock(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// Notes that the node has got a descriptor, and lets others go where that makes too many.
    func admit(_ node: Node, table: NodeTable) {
        state.withLock { state in
            state.ring.append(node.id)
            if state.ring.count > 2 * max(limit, counter.value) + 1024 {
                // Forgotten nodes leave their numbers behind.
                state.ring = state.ring[state.head...].filter { (try? table.node($0)) != nil }
                state.head = 0
            }
        }
        guard counter.value > limit else { return }
        shrink(by: counter.value - limit, table: table)
    }

    /// Lets up to `count` descriptors go. The work is bounded: some nodes cannot let go.
    func shrink(by count: Int, table: NodeTable) {
        var left = min(count, 64)
        for _ in 0..<256 where left > 0 {
            guard let id = state.withLock({ $0.takeOldest() }) else { return }
            guard let node = try? table.node(id) else { continue }
            if node.isIdle(), node.release() {
                left -= 1
            } else {
                state.withLock { $0.ring.append(id) }
            }
        }
    }
}
