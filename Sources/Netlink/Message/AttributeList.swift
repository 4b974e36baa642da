/// Attributes to be sent (struct nlattr of linux/netlink.h), each aligned to 4 bytes.
package struct AttributeList: Equatable, Sendable {
    /// NLA_F_NESTED.
    private static let nested: UInt16 = 0x8000

    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func add(_ type: UInt16, _ value: [UInt8]) {
        let length = 4 + value.count
        bytes += UInt16(truncatingIfNeeded: length).messageBytes + type.messageBytes + value
        bytes += [UInt8](repeating: 0, count: aligned(length) - length)
    }

    package mutating func add<Value: FixedWidthInteger>(_ type: UInt16, _ value: Value) {
        add(type, value.messageBytes)
    }

    /// A string with the zero at its end.
    package mutating func add(_ type: UInt16, _ text: String) {
        add(type, Array(text.utf8) + [0])
    }

    /// Attributes in an attribute.
    package mutating func add(_ type: UInt16, _ body: (inout AttributeList) -> Void) {
        var inner = AttributeList()
        body(&inner)
        add(type | Self.nested, inner.bytes)
    }
}
