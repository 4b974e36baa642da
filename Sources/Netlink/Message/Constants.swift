/// Types of messages: linux/netlink.h and linux/rtnetlink.h.
package enum MessageType {
    package static let error: UInt16 = 2
    package static let done: UInt16 = 3
    package static let newLink: UInt16 = 16
    package static let deleteLink: UInt16 = 17
    package static let getLink: UInt16 = 18
    package static let setLink: UInt16 = 19
    package static let newAddress: UInt16 = 20
    package static let deleteAddress: UInt16 = 21
    package static let getAddress: UInt16 = 22
    package static let newRoute: UInt16 = 24
    package static let deleteRoute: UInt16 = 25
    package static let getRoute: UInt16 = 26
    package static let newNeighbour: UInt16 = 28
    package static let deleteNeighbour: UInt16 = 29
    package static let getNeighbour: UInt16 = 30
    package static let newQueueingDiscipline: UInt16 = 36
    package static let deleteQueueingDiscipline: UInt16 = 37
    package static let newFilter: UInt16 = 44
}

/// NLM_F_* of linux/netlink.h.
package struct MessageFlags: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let request = MessageFlags(rawValue: 0x1)
    /// Of several messages that end with NLMSG_DONE.
    package static let multiPart = MessageFlags(rawValue: 0x2)
    package static let acknowledge = MessageFlags(rawValue: 0x4)
    package static let dumpInterrupted = MessageFlags(rawValue: 0x10)
    package static let dump = MessageFlags(rawValue: 0x300)
    // Of requests that make something.
    package static let replace = MessageFlags(rawValue: 0x100)
    package static let exclusive = MessageFlags(rawValue: 0x200)
    package static let create = MessageFlags(rawValue: 0x400)
    // Of errors.
    package static let capped = MessageFlags(rawValue: 0x100)
    package static let hasAttributes = MessageFlags(rawValue: 0x200)
}
