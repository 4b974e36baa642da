internal import Glibc
internal import Linux
internal import Protocols

/// Makes this machine different from those that it may be a copy of: its random numbers and its time of day.
enum MachineSetUp {
    // Requests of random(4), from linux/random.h.
    private static let addEntropy: UInt = 0x4008_5203
    private static let reseed: UInt = 0x5207

    static func carryOut(_ setUp: SetUp) throws(Failure) {
        guard setUp.entropy.count == SetUp.entropySize else {
            throw Failure(message: "the host has sent no entropy")
        }
        do throws(Errno) {
            try mix(setUp.entropy)
        } catch {
            throw Action.step("reseed the random numbers").failure(error)
        }
        do throws(Errno) {
            try setClock(setUp.wallClock)
        } catch {
            throw Action.step("set the clock").failure(error)
        }
    }

    /// Adds to the kernel's pool and has all its generators begin anew from there.
    private static func mix(_ entropy: [UInt8]) throws(Errno) {
        let device = try OwnedFD.open("/dev/urandom", O_RDWR)
        // struct rand_pool_info: how many bits it counts for, how many bytes follow.
        var information = littleEndian(UInt32(entropy.count * 8))
        information += littleEndian(UInt32(entropy.count)) + entropy
        _ = try device.control(addEntropy, &information)
        var nothing: [UInt8] = []
        _ = try device.control(reseed, &nothing)
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// Nanoseconds since 1970.
    private static func setClock(_ time: UInt64) throws(Errno) {
        let second: UInt64 = 1_000_000_000
        var value = timespec(tv_sec: Int(time / second), tv_nsec: Int(time % second))
        // SAFETY: the structure outlives the call.
        if unsafe clock_settime(CLOCK_REALTIME, &value) < 0 { throw Errno(rawValue: errno) }
    }
}
