package import Linux

/// Why something of netlink(7) did not work.
package enum NetlinkError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kernel refuses a request; the text is what it says to it (NLMSGERR_ATTR_MSG), where it says something.
    case refused(Errno, text: String?)
    /// Bytes that are no message, or not the one that was to come: the part that is wrong.
    case malformed(String)
    /// What is listed was changed meanwhile (NLM_F_DUMP_INTR), again and again.
    case dumpInterrupted
    /// Messages of a listener were lost: what it tells of has to be listed anew.
    case overrun
    /// A call on a socket or on `/dev/net/tun`.
    case system(Errno)

    package var description: String {
        switch self {
        case .refused(let error, nil): "\(error)"
        case .refused(let error, let text?): "\(error): \(text)"
        case .malformed(let part): "malformed netlink message: \(part)"
        case .dumpInterrupted: "the list changes all the time"
        case .overrun: "messages of netlink were lost"
        case .system(let error): "\(error)"
        }
    }

    /// The kernel's error number of a refusal.
    package var refusal: Errno? {
        if case .refused(let error, _) = self { error } else { nil }
    }
}
