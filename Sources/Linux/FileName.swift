internal import Glibc

/// Bytes without a zero among them, such as a name in a folder: what the kernel takes as a string.
///
/// Names are not text: any bytes but zero and the slash are allowed in them.
package struct FileName: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The bytes and the zero that ends them.
    let terminated: [CChar]

    /// No name at all: the call means the descriptor itself.
    package static let empty = FileName(unchecked: [])

    private init(unchecked bytes: some Sequence<UInt8>) {
        terminated = bytes.map { CChar(bitPattern: $0) } + [0]
    }

    /// Bytes of any length without a zero: a link's target, an attribute's name.
    package init(bytes: some Collection<UInt8>) throws(Errno) {
        guard !bytes.contains(0) else { throw .invalidArgument }
        self.init(unchecked: bytes)
    }

    /// One component of a path: EINVAL for nothing, `.`, `..` and what has a slash; ENAMETOOLONG
    /// above 255 bytes.
    package init(component bytes: some Collection<UInt8>) throws(Errno) {
        guard bytes.count <= 255 else { throw Errno(rawValue: ENAMETOOLONG) }
        guard !bytes.isEmpty, !bytes.contains(UInt8(ascii: "/")), !bytes.elementsEqual([0x2e]),
            !bytes.elementsEqual([0x2e, 0x2e])
        else { throw .invalidArgument }
        try self.init(bytes: bytes)
    }

    /// The name of a descriptor in /proc/self/fd.
    package init(number: Int32) {
        self.init(unchecked: String(number).utf8)
    }

    package init(stringLiteral text: StaticString) {
        self.init(unchecked: text.description.utf8)
    }

    /// The bytes without the zero at their end.
    package var bytes: [UInt8] {
        terminated.dropLast().map { UInt8(bitPattern: $0) }
    }
}
