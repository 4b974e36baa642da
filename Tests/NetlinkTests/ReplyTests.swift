import Linux
import Netlink
import Testing

/// Answers: "Message types" and "NLM_F_DUMP" of the kernel's netlink documentation.
@Suite struct ReplyTests {
    private var reply = NetlinkReply(to: 7)

    @Test mutating func aListEndsWithDone() throws {
        try reply.add(datagram(16, flags: 2, Sample.link) + datagram(16, flags: 2, Sample.link))
        try reply.add(datagram(16, flags: 2, Sample.link))
        #expect(!reply.isComplete)
        try reply.add(datagram(3, flags: 2, hex("00000000")))
        #expect(reply.isComplete)
        #expect(!reply.wasInterrupted)
        #expect(reply.messages.count == 3)
    }

    @Test mutating func aListThatFailsIsARefusal() throws {
        try reply.add(datagram(16, flags: 2, Sample.link))
        #expect(throws: NetlinkError.refused(.invalidArgument, text: nil)) {
            try reply.add(datagram(3, flags: 2, hex("eaffffff")))
        }
    }

    @Test(arguments: [(UInt16(0x12), UInt16(2)), (2, 0x12)])
    mutating func aListThatWasChangedMeanwhileIsMarked(first: UInt16, last: UInt16) throws {
        try reply.add(datagram(16, flags: first, Sample.link))
        try reply.add(datagram(3, flags: last, hex("00000000")))
        #expect(reply.isComplete)
        #expect(reply.wasInterrupted)
    }

    @Test mutating func oneMessageIsAnAnswer() throws {
        try reply.add(datagram(16, Sample.link))
        #expect(reply.isComplete)
        #expect(reply.messages.count == 1)
    }

    @Test mutating func anAcknowledgementIsAnError0() throws {
        try reply.add(
            datagram(2, flags: 0x100, hex("00000000 10000000 1300 0500 07000000 00000000")))
        #expect(reply.isComplete)
        #expect(reply.messages.isEmpty)
    }

    @Test mutating func answersToOthersAreLeftOut() throws {
        var other = datagram(2, hex("eaffffff 10000000 1300 0500 06000000 00000000"))
        other[8] = 6
        try reply.add(other)
        #expect(!reply.isComplete)
    }
}
