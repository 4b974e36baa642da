/// The name that a caller gives to a container.
package struct ContainerID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Accepts what runc accepts: letters, digits and `_ + - . ,`, but not `.` and `..`. The length is
    /// limited by the name of a folder (255 bytes).
    package init(_ text: String) throws(SpecError) {
        guard !text.isEmpty else { throw .containerID("container id cannot be empty") }
        guard text != ".", text != "..", text.utf8.count <= 255, text.utf8.allSatisfy(Self.allows)
        else { throw .containerID("invalid container ID format") }
        self.text = text
    }

    package var description: String { text }

    private static func allows(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
            UInt8(ascii: "+")...UInt8(ascii: "."):
            true
        default: false
        }
    }
}
