internal import CLinux

/// The time of day.
package enum WallClock {
    /// Now in UTC, as RFC 3339 writes it: `2026-01-31T12:34:56Z`.
    package static func rfc3339() -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
            guard let base = buffer.baseAddress else { return "" }
            // SAFETY: the function ends what it writes with a zero within the 32 bytes.
            unsafe cl_utc_now(base, 32)
            return unsafe String(cString: base)
        }
    }
}
