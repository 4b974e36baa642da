import Linux
import Netlink
import Testing

/// Messages and what they are made of: linux/netlink.h.
@Suite struct MessageTests {
    @Test func aDatagramHasSeveralMessages() throws {
        // Five bytes of payload, padded, then none.
        let bytes = hex(
            """
            15000000 1000 0200 07000000 01000000 0102030405 000000
            10000000 0300 0200 07000000 01000000
            """)
        let messages = try NetlinkMessage.all(in: bytes)
        #expect(messages.map(\.type) == [MessageType.newLink, MessageType.done])
        #expect(messages.map(\.sequence) == [7, 7])
        #expect(messages.allSatisfy { $0.flags == .multiPart })
        #expect(messages.map { Array($0.payload) } == [[1, 2, 3, 4, 5], []])
    }

    @Test func aLastMessageNeedsNoPadding() throws {
        let messages = try NetlinkMessage.all(
            in: hex("11000000 1000 0000 07000000 00000000 09"))
        #expect(messages.map { Array($0.payload) } == [[9]])
    }

    @Test(arguments: [0, 1, 15, 18, 0x1000_0000, UInt32.max])
    func aLengthThatCannotBeIsAnError(length: UInt32) {
        let bytes =
            (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
            + hex("1000 0000 07000000 00000000 09")
        #expect(throws: NetlinkError.malformed("length of \(length) bytes")) {
            try NetlinkMessage.all(in: bytes)
        }
    }

    @Test func lessThanAHeaderIsAnError() {
        #expect(throws: NetlinkError.self) { try NetlinkMessage.all(in: hex("10000000 1000")) }
    }

    @Test func aRefusalHasAText() throws {
        // NLM_F_CAPPED and NLM_F_ACK_TLVS: -22, the request's header, NLMSGERR_ATTR_MSG.
        let capped = try message(
            MessageType.error, flags: 0x300,
            hex("eaffffff 34000000 1300 0500 07000000 00000000 0800 0100 62616400"))
        #expect(try capped.failure() == .refused(.invalidArgument, text: "bad"))
        // The whole request of 20 bytes.
        let whole = try message(
            MessageType.error, flags: 0x200,
            hex("eaffffff 14000000 1300 0500 07000000 00000000 99999999 0800 0100 62616400"))
        #expect(try whole.failure() == .refused(.invalidArgument, text: "bad"))
        #expect(NetlinkError.refused(.invalidArgument, text: "bad").description.hasSuffix(": bad"))
    }

    @Test(arguments: [
        "eaffffff 34000000 1300 0500 07000000 00000000 0900 0100 626164",
        "eaffffff ffffffff 1300 0500 07000000 00000000", "eaffffff",
    ])
    func aTextThatCannotBeReadIsLeftOut(payload: String) throws {
        let failure = try message(MessageType.error, flags: 0x300, hex(payload)).failure()
        #expect(failure == .refused(.invalidArgument, text: nil))
    }

    @Test func anErrorNumberMayBeAnything() throws {
        let bytes = hex("00000080 10000000 1300 0500 07000000 00000000")
        #expect(
            try message(MessageType.error, bytes).failure()
                == .refused(Errno(rawValue: .max), text: nil))
        #expect(throws: NetlinkError.self) { try message(MessageType.error, [1]).failure() }
    }

    @Test(arguments: ["0300 0100 00", "0500 0100", "ffff 0100 00", "0800 0100 00000000 0300 0200"])
    func anAttributeThatCannotBeIsAnError(bytes: String) {
        #expect(throws: NetlinkError.self) { try Attributes(hex(bytes)[...]) }
    }

    @Test func attributesAreReadAsTheyAreWritten() throws {
        var list = AttributeList()
        list.add(1, "ab")
        list.add(2, UInt16(0x0102))
        list.add(3) { $0.add(4, [9]) }
        #expect(
            list.bytes
                == hex("0700 0100 616200 00  0600 0200 0201 0000  0c00 0380 0500 0400 09 000000"))
        let attributes = try Attributes(list.bytes[...])
        #expect(attributes.string(1) == "ab")
        #expect(try attributes.integer(2) == UInt16(0x0102))
        #expect(try attributes.nested(3)[4] == [9])
        #expect(try attributes.integer(5) == nil as UInt32?)
        #expect(throws: NetlinkError.self) { try attributes.integer(2) as UInt32? }
        #expect(throws: NetlinkError.self) { try attributes.address(1) }
    }
}
