internal import Linux

/// One message that has come (struct nlmsghdr of linux/netlink.h), without what it means.
package struct NetlinkMessage: Equatable, Sendable {
    package let type: UInt16
    package let flags: MessageFlags
    package let sequence: UInt32
    /// After the header.
    package let payload: ArraySlice<UInt8>

    /// The messages of a datagram. An error where a length leaves the datagram or is too small for a header.
    package static func all(in datagram: [UInt8]) throws(NetlinkError) -> [NetlinkMessage] {
        var messages: [NetlinkMessage] = []
        var rest = datagram[...]
        while !rest.isEmpty {
            let bytes = MessageBytes(rest)
            let length = Int(try bytes.integer(at: 0, "length") as UInt32)
            guard length >= NetlinkRequest.headerCount, length <= rest.count else {
                throw .malformed("length of \(length) bytes")
            }
            messages.append(
                NetlinkMessage(
                    type: try bytes.integer(at: 4, "type"),
                    flags: MessageFlags(rawValue: try bytes.integer(at: 6, "flags")),
                    sequence: try bytes.integer(at: 8, "sequence number"),
                    payload: rest.prefix(length).dropFirst(NetlinkRequest.headerCount)))
            rest = rest.dropFirst(aligned(length))
        }
        return messages
    }

    /// What NLMSG_ERROR and NLMSG_DONE say; nil for success, and for all other messages.
    package func failure() throws(NetlinkError) -> NetlinkError? {
        guard type == MessageType.error || type == MessageType.done else { return nil }
        // NLMSG_DONE of old kernels is empty.
        guard type == MessageType.error || payload.count >= 4 else { return nil }
        let code: Int32 = try MessageBytes(payload).integer(at: 0, "error number")
        guard code != 0 else { return nil }
        let text = (try? acknowledgement())?.string(1)
        return .refused(.init(rawValue: code == .min ? .max : abs(code)), text: text)
    }

    /// NLMSGERR_ATTR_*: after the header of the request, and after its payload where it was not capped.
    private func acknowledgement() throws(NetlinkError) -> Attributes {
        guard flags.contains(.hasAttributes) else { return Attributes() }
        var start = 4
        if type == MessageType.error {
            let bytes = MessageBytes(payload)
            let length = Int(try bytes.integer(at: 4, "length of the request") as UInt32)
            start += flags.contains(.capped) ? NetlinkRequest.headerCount : aligned(length)
        }
        return try Attributes(MessageBytes(payload).from(start, "attributes of an error"))
    }
}
