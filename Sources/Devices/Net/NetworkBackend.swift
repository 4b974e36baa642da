internal import Linux
internal import Synchronization

/// What is behind a card: the links of its queue pairs, and what these have in common. Any thread may use it.
///
/// A link belongs to the pair of the same number, which receives from it. Where there are fewer, the other pairs send to
/// the first one and receive nothing.
internal final class NetworkBackend: Sendable {
    /// One at least.
    private let links: [HostLink]
    private let toGuest: Lock<TokenBucket>
    private let fromGuest: Lock<TokenBucket>
    private let isGone = Atomic<Bool>(false)

    /// EINVAL where there is no link.
    init(_ links: [HostLink], _ limits: RateLimits) throws(Errno) {
        guard !links.isEmpty else { throw .invalidArgument }
        self.links = links
        toGuest = Lock(TokenBucket(rate: limits.toGuest))
        fromGuest = Lock(TokenBucket(rate: limits.fromGuest))
    }

    /// What a queue pair sends to.
    func link(_ pair: Int) -> HostLink { links[hasOwnLink(pair) ? pair : 0] }

    /// Whether the pair's link is its own.
    func hasOwnLink(_ pair: Int) -> Bool { pair < links.count }

    /// The other end does not exist any more: true for the first one who finds that out.
    func markGone() -> Bool {
        !isGone.exchange(true, ordering: .sequentiallyConsistent)
    }
}

// Limits, which hold for all pairs together. Packets that are under way on several threads may go beyond by one turn each,
// for which later ones wait.
extension NetworkBackend {
    enum Direction { case toGuest, fromGuest }

    /// How many bytes may pass now; 0 or less: none (`TokenBucket.available`).
    func available(_ direction: Direction) -> Int64 {
        with(direction) { $0.available(at: MonotonicClock.now()) }
    }

    /// So many have passed.
    func take(_ direction: Direction, _ count: UInt64) {
        with(direction) { $0.take(count) }
    }

    /// Milliseconds until some may pass again.
    func wait(_ direction: Direction) -> Int64 {
        with(direction) { $0.wait }
    }

    private func with<Value: Sendable>(
        _ direction: Direction, _ body: (inout TokenBucket) -> Value
    ) -> Value {
        switch direction {
        case .toGuest: toGuest.withLock { body(&$0) }
        case .fromGuest: fromGuest.withLock { body(&$0) }
        }
    }
}
