/// A message that travels in a frame of its own.
package protocol Message: Sendable {
    /// The bytes of the message in protobuf's encoding, without the frame's length.
    func encoded() -> [UInt8]
    /// Reads what `encoded` writes. Unknown fields are skipped.
    init(decoding bytes: [UInt8]) throws(MessageError)
}

/// Why bytes are not the message that was expected.
package enum MessageError: Error, Equatable, Sendable {
    /// Not protobuf, or not this message.
    case malformed
    /// A number of the message is outside what its field means.
    case outOfRange
    /// A frame above `Frame.maximumSize`.
    case frameTooLong(Int)
    /// The message has no body, or one that this version does not know.
    case unknownBody
}
