/// The answer to one request, put together from the datagrams that come: acknowledgement, message, or list.
package struct NetlinkReply: Sendable {
    private let sequence: UInt32
    /// Those of the answer itself, in the order in which they came.
    package private(set) var messages: [NetlinkMessage] = []
    package private(set) var isComplete = false
    /// What is listed was changed meanwhile: some of it may be missing, or be there twice.
    package private(set) var wasInterrupted = false

    /// To the request with this number.
    package init(to sequence: UInt32) {
        self.sequence = sequence
    }

    /// Takes a datagram; messages that belong to other requests are left out. An error where the kernel refuses.
    package mutating func add(_ datagram: [UInt8]) throws(NetlinkError) {
        for message in try NetlinkMessage.all(in: datagram)
        where message.sequence == sequence && !isComplete {
            if message.flags.contains(.dumpInterrupted) { wasInterrupted = true }
            if let failure = try message.failure() { throw failure }
            switch message.type {
            case MessageType.error, MessageType.done:
                isComplete = true
            default:
                messages.append(message)
                isComplete = !message.flags.contains(.multiPart)
            }
        }
    }
}
