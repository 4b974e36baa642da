internal import CLinux
internal import Glibc

/// The time of day.
package enum WallClock {
    private static let second: UInt64 = 1_000_000_000

    /// Nanoseconds since 1970, UTC.
    package static func now() -> UInt64 {
        UInt64(max(0, cl_clock_ns(CLOCK_REALTIME)))
    }

    /// Now in UTC, as RFC 3339 writes it: `2026-01-31T12:34:56.123456789Z`.
    package static func rfc3339() -> String {
        text(ofNanosecond: now())
    }

    /// A moment since 1970, in UTC. Years of 400 repeat; a year begins in March, so that leap days end one.
    package static func text(ofNanosecond moment: UInt64) -> String {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let seconds = Int(moment / second)
        let days = seconds / 86400 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        let clock = seconds % 86400
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T"
            + padded(clock / 3600, 2) + ":" + padded(clock / 60 % 60, 2) + ":"
            + padded(clock % 60, 2) + "." + padded(Int(moment % second), 9) + "Z"
    }
}
