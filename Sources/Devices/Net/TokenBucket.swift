/// How many bytes may pass: so many per second, and a short time's worth of them at once. Pure: others know the time.
internal struct TokenBucket: Sendable {
    private static let second: UInt64 = 1_000_000_000
    /// What may have been saved up: a part of a second's.
    private static let burstsPerSecond: UInt64 = 10

    /// Bytes per second; 0: any number.
    private let rate: UInt64
    private let burst: Int64
    /// Below 0 where the last packet was longer than what there was.
    private var tokens: Int64
    /// When there were so many, in nanoseconds.
    private var time: UInt64 = 0

    /// Begins full, whatever the time.
    init(rate: UInt64) {
        self.rate = min(rate, UInt64(Int64.max) / Self.second)
        // The longest packet passes at any rate.
        burst = max(Int64(self.rate / Self.burstsPerSecond), Int64(PacketLength.maximum))
        tokens = burst
    }

    /// How many bytes may pass now, in nanoseconds of a clock that does not go back: not more than one packet beyond it.
    /// 0 or less: none.
    mutating func available(at now: UInt64) -> Int64 {
        guard rate > 0 else { return .max }
        let elapsed = min(now > time ? now - time : 0, Self.second)
        // Less than a byte's time is left for the next call.
        let more = Int64(rate * elapsed / Self.second)
        if more > 0 || elapsed == Self.second {
            tokens = min(burst, tokens + more)
            time = now
        }
        return tokens
    }

    /// So many have passed.
    mutating func take(_ count: UInt64) {
        guard rate > 0 else { return }
        tokens -= Int64(clamping: min(count, UInt64(Int32.max)))
    }

    /// Milliseconds until some may pass again, rounded up.
    var wait: Int64 {
        guard rate > 0, tokens <= 0 else { return 0 }
        return (1 - tokens) * 1000 / Int64(rate) + 1
    }
}
