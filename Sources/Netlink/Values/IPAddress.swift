/// An address of IPv4 or IPv6.
package struct IPAddress: Hashable, Sendable {
    /// 4 or 16, in network order.
    package let bytes: [UInt8]

    /// nil where there are neither 4 nor 16 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    package var family: AddressFamily { bytes.count == 4 ? .ipv4 : .ipv6 }
}

/// AF_INET and AF_INET6.
package enum AddressFamily: UInt8, Sendable {
    case ipv4 = 2
    case ipv6 = 10

    /// In bits.
    package var length: UInt8 { self == .ipv4 ? 32 : 128 }

    /// 0.0.0.0 or ::.
    package var unspecified: [UInt8] { [UInt8](repeating: 0, count: Int(length / 8)) }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted, or in groups of hexadecimal digits with the longest run of zeros left out (RFC 5952).
    package var description: String {
        guard family == .ipv6 else { return bytes.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map {
            UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
        }
        func text(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard let zeros = Self.longestZeros(groups) else { return text(groups[...]) }
        return text(groups[..<zeros.lowerBound]) + "::" + text(groups[zeros.upperBound...])
    }

    /// The first one of the longest, of two groups at least.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            let run = start..<index
            if run.count >= 2, run.count > best?.count ?? 0 { best = run }
            start = index + 1
        }
        return best
    }
}

/// An address and how many of its bits name the network.
package struct IPPrefix: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress
    package let length: UInt8

    /// nil where the length is longer than the address.
    package init?(_ address: IPAddress, length: UInt8) {
        guard length <= address.family.length else { return nil }
        self.address = address
        self.length = length
    }

    package var description: String { "\(address)/\(length)" }
}
