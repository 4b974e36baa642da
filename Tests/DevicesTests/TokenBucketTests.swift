import Testing

@testable import Devices

/// How much a rate lets pass, at times that the tests make up.
@Suite struct TokenBucketTests {
    private static let millisecond: UInt64 = 1_000_000
    private static let begin: UInt64 = 5_000_000_000

    @Test func withoutARateEverythingPasses() {
        var bucket = TokenBucket(rate: 0)
        bucket.take(.max)
        #expect(bucket.available(at: 0) == .max)
        #expect(bucket.wait == 0)
    }

    @Test func aTenthOfASecondIsSavedUp() {
        var bucket = TokenBucket(rate: 10_000_000)
        #expect(bucket.available(at: Self.begin) == 1_000_000)
        bucket.take(1_000_000)
        #expect(bucket.available(at: Self.begin) == 0)
        #expect(bucket.available(at: Self.begin + 10 * Self.millisecond) == 100_000)
        #expect(bucket.available(at: Self.begin + 3_600_000 * Self.millisecond) == 1_000_000)
    }

    @Test func theLongestPacketPassesAtTheSlowestRate() {
        var bucket = TokenBucket(rate: 1)
        #expect(bucket.available(at: 0) == Int64(PacketLength.maximum))
        #expect(TokenBucket(rate: .max).wait == 0)
    }

    @Test func whatWasTakenTooMuchIsWaitedFor() {
        var bucket = TokenBucket(rate: 1_000_000)
        _ = bucket.available(at: Self.begin)
        bucket.take(100_000 + 20_000)
        #expect(bucket.available(at: Self.begin) == -20_000)
        // 20 ms, and one for the rounding.
        #expect(bucket.wait == 21)
        #expect(bucket.available(at: Self.begin + 21 * Self.millisecond) > 0)
        #expect(bucket.wait == 0)
    }

    /// Calls that come more often than bytes do lose none of the time.
    @Test func littleTimesAddUp() {
        var bucket = TokenBucket(rate: 1000)
        _ = bucket.available(at: Self.begin)
        bucket.take(UInt64(PacketLength.maximum))
        for step in 1...10_000 as ClosedRange<UInt64> {
            _ = bucket.available(at: Self.begin + step * 10_000)
        }
        #expect(bucket.available(at: Self.begin + 100 * Self.millisecond) == 100)
    }

    @Test func aRateHoldsOverASecond() {
        var bucket = TokenBucket(rate: 1_000_000)
        var passed: UInt64 = 0
        for step in 0...1000 as ClosedRange<UInt64> {
            while bucket.available(at: Self.begin + step * Self.millisecond) > 0 {
                bucket.take(1514)
                passed += 1514
            }
        }
        // And what was saved up.
        #expect((1_090_000...1_110_000).contains(passed))
    }
}
