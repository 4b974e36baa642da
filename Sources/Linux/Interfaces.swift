internal import CLinux

/// Settings of network interfaces that rtnetlink(7) does not have (ethtool of the kernel).
package enum Interfaces {
    /// From now on an interface computes the checksums of what it sends itself, and cuts segments to its MTU, instead of
    /// leaving both to its hardware. It is in this thread's network namespace.
    package static func computeChecksums(_ name: String) throws(Errno) {
        try Errno.check(unsafe cl_compute_checksums(name))
    }
}
