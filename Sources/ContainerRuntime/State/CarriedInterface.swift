internal import OCISpec

/// An interface of the container's network namespace that a network card of the machine stands for.
package struct CarriedInterface: Equatable, Sendable {
    /// Of the card.
    package var slot: UInt32
    package var name: String
    /// Of the interface in the namespace; 0: not known (a record of an earlier version).
    package var link: UInt32
    /// Of the tap that it is joined with; 0: it is not joined yet.
    package var tap: UInt32

    package init(slot: UInt32, name: String, link: UInt32, tap: UInt32) {
        self.slot = slot
        self.name = name
        self.link = link
        self.tap = tap
    }

    var json: JSONValue {
        [
            "slot": .number(String(slot)), "name": .string(name), "link": .number(String(link)),
            "tap": .number(String(tap)),
        ]
    }
}

extension CarriedInterface: Decodable {
    private enum CodingKeys: String, CodingKey {
        case slot
        case name
        case link
        case tap
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        slot = try values.decode(UInt32.self, forKey: .slot)
        name = try values.decode(String.self, forKey: .name)
        link = try values.decode(UInt32.self, forKey: .link)
        tap = try values.decode(UInt32.self, forKey: .tap)
    }
}
