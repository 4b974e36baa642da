/// A message to the kernel, but for its number.
package struct NetlinkRequest: Equatable, Sendable {
    /// struct nlmsghdr.
    internal static let headerCount = 16

    package let type: UInt16
    package let flags: MessageFlags
    package private(set) var payload: [UInt8]

    /// With the structure that such messages begin with.
    package init(_ type: UInt16, _ flags: MessageFlags, _ payload: [UInt8]) {
        self.type = type
        self.flags = flags.union(.request)
        self.payload = payload
    }

    /// Appends attributes.
    package mutating func append(_ attributes: AttributeList) {
        payload += [UInt8](repeating: 0, count: aligned(payload.count) - payload.count)
        payload += attributes.bytes
    }

    /// As it is sent. The kernel fills in who sends it.
    package func bytes(sequence: UInt32) -> [UInt8] {
        UInt32(Self.headerCount + payload.count).messageBytes + type.messageBytes
            + flags.rawValue.messageBytes + sequence.messageBytes + UInt32(0).messageBytes + payload
    }
}
