import Linux

/// The other end of a card's link: a packet socket that does not block.
final class PacketWire {
    let file: OwnedFD

    private init(_ file: consuming OwnedFD) throws {
        try file.setNonBlocking(true)
        self.file = file
    }

    /// One, and the end for the card.
    static func make() throws -> (wire: PacketWire, end: PassedDescriptors) {
        let pair = try UnixSocket.packetPair()
        let end = PassedDescriptors([try pair.second.duplicate().release()])
        return (try PacketWire(try pair.first.duplicate()), end)
    }

    /// The next packet that the card has sent; nil where there is none now, empty where the card has closed its end.
    func take() throws -> [UInt8]? {
        do throws(Errno) {
            return try file.read(upTo: 100_000)
        } catch {
            guard error == .wouldBlock else { throw error }
            return nil
        }
    }
}
