/// How much may go through a network card, in bytes per second; 0: any amount.
package struct RateLimits: Equatable, Sendable {
    package var toGuest: UInt64
    package var fromGuest: UInt64

    package init(toGuest: UInt64 = 0, fromGuest: UInt64 = 0) {
        self.toGuest = toGuest
        self.fromGuest = fromGuest
    }
}
