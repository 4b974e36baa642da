import Netlink
import Testing

/// Bytes written as hexadecimal digits, with spaces anywhere.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}

/// A message with number 7, whose length is computed: struct nlmsghdr of linux/netlink.h.
func datagram(_ type: UInt16, flags: UInt16 = 0, _ payload: [UInt8]) -> [UInt8] {
    let count = UInt8(16 + payload.count)
    return [count, 0, 0, 0, UInt8(type), 0, UInt8(flags & 0xff), UInt8(flags >> 8), 7, 0, 0, 0]
        + [0, 0, 0, 0] + payload
}

func message(_ type: UInt16, flags: UInt16 = 0, _ payload: [UInt8]) throws -> NetlinkMessage {
    try #require(try NetlinkMessage.all(in: datagram(type, flags: flags, payload)).first)
}

func ip(_ bytes: UInt8...) throws -> IPAddress {
    try #require(IPAddress(bytes))
}

func prefix(_ length: UInt8, _ bytes: [UInt8]) throws -> IPPrefix {
    let address = try #require(IPAddress(bytes))
    return try #require(IPPrefix(address, length: length))
}

/// One of each kind that a kernel sends.
enum Sample {
    /// eth0, number 2: struct ifinfomsg, then address, name, MTU, master, kind, statistics.
    static let link = hex(
        """
        00 00 0100 02000000 43100100 00000000
        0a00 0100 0242ac110002 0000  0900 0300 6574683000 000000  0800 0400 dc050000
        0800 0a00 05000000  1000 1280 0900 0100 7665746800 000000
        4400 1700 0100000000000000 0200000000000000 0300000000000000 0400000000000000
        0500000000000000 0600000000000000 0700000000000000 0800000000000000
        """)
    /// 10.88.0.5/16 on link 2: struct ifaddrmsg, IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, IFA_LABEL, IFA_FLAGS.
    static let address = hex(
        """
        02 10 80 00 02000000  0800 0100 0a580005  0800 0200 0a580005  0800 0400 0a58ffff
        0900 0300 6574683000 000000  0800 0800 80000000
        """)
    /// default via 10.88.0.1 dev 2 src 10.88.0.5 metric 100 mtu 1400 onlink: struct rtmsg, RTA_TABLE, RTA_GATEWAY,
    /// RTA_OIF, RTA_PREFSRC, RTA_PRIORITY, RTA_METRICS.
    static let route = hex(
        """
        02 00 00 00 fe 04 00 01 04000000  0800 0f00 fe000000  0800 0500 0a580001
        0800 0400 02000000  0800 0700 0a580005  0800 0600 64000000
        0c00 0880 0800 0200 78050000
        """)
    /// 169.254.1.1 at ee:ee:ee:ee:ee:ee: struct ndmsg, NDA_DST, NDA_LLADDR, NDA_PROBES.
    static let neighbour = hex(
        """
        02 00 0000 02000000 8000 00 01  0800 0100 a9fe0101
        0a00 0200 eeeeeeeeeeee 0000  0800 0400 00000000
        """)

    static let all: [(UInt16, [UInt8])] = [
        (MessageType.newLink, link), (MessageType.newAddress, address),
        (MessageType.newRoute, route), (MessageType.newNeighbour, neighbour),
    ]
}
