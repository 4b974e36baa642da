/// Attributes that have come, by type. Of several of one type the last one counts, as it does for the kernel.
package struct Attributes: Equatable, Sendable {
    /// Without NLA_F_NESTED and NLA_F_NET_BYTEORDER.
    private static let typeMask: UInt16 = 0x3fff

    private var values: [UInt16: ArraySlice<UInt8>] = [:]

    package init() {}

    /// An error where a length leaves the bytes or is too small for a header.
    package init(_ bytes: ArraySlice<UInt8>) throws(NetlinkError) {
        var rest = bytes
        // Less than a header is padding.
        while rest.count >= 4 {
            let header = MessageBytes(rest)
            let length = Int(try header.integer(at: 0, "attribute") as UInt16)
            let type: UInt16 = try header.integer(at: 2, "attribute")
            guard length >= 4, length <= rest.count else {
                throw .malformed("attribute \(type & Self.typeMask) of \(length) bytes")
            }
            values[type & Self.typeMask] = rest.prefix(length).dropFirst(4)
            rest = rest.dropFirst(aligned(length))
        }
    }

    package subscript(type: UInt16) -> ArraySlice<UInt8>? { values[type] }

    /// nil where there is none; an error where it is too short.
    package func integer<Value: FixedWidthInteger>(
        _ type: UInt16
    ) throws(NetlinkError) -> Value? {
        guard let value = values[type] else { return nil }
        return try MessageBytes(value).integer(at: 0, "attribute \(type)") as Value
    }

    /// Up to the first zero.
    package func string(_ type: UInt16) -> String? {
        values[type].map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The attributes in an attribute; none where it is not there.
    package func nested(_ type: UInt16) throws(NetlinkError) -> Attributes {
        guard let value = values[type] else { return Attributes() }
        return try Attributes(value)
    }

    /// nil where there is none; an error where it is neither an address of IPv4 nor of IPv6.
    package func address(_ type: UInt16) throws(NetlinkError) -> IPAddress? {
        guard let value = values[type] else { return nil }
        guard let address = IPAddress(Array(value)) else {
            throw .malformed("address of \(value.count) bytes")
        }
        return address
    }
}
