/// Appends values to a block of bytes: integers little-endian, a list as its count in 4 bytes and its elements.
internal struct StateWriter {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ block: [UInt8]) {
        bytes += block
    }

    mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_ value: T) {
        for shift in stride(from: 0, to: T.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func flag(_ value: Bool) {
        bytes.append(value ? 1 : 0)
    }

    mutating func block(_ block: [UInt8]) {
        integer(UInt32(block.count))
        bytes += block
    }

    mutating func list<Element>(
        _ elements: [Element], _ write: (Element, inout StateWriter) -> Void
    ) {
        integer(UInt32(elements.count))
        for element in elements { write(element, &self) }
    }
}

/// Takes values out of a block of bytes that may hold anything.
internal struct StateReader {
    private var remaining: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        remaining = bytes[...]
    }

    /// What has not been taken yet.
    func rest() -> [UInt8] { Array(remaining) }

    mutating func raw(_ count: Int) throws(TemplateFile.Failure) -> [UInt8] {
        guard count <= remaining.count else { throw .truncated }
        defer { remaining = remaining.dropFirst(count) }
        return Array(remaining.prefix(count))
    }

    mutating func integer<T: FixedWidthInteger & UnsignedInteger>() throws(TemplateFile.Failure)
        -> T
    {
        let bytes = try raw(T.bitWidth / 8)
        return bytes.reversed().reduce(0) { $0 << 8 | T($1) }
    }

    mutating func flag() throws(TemplateFile.Failure) -> Bool {
        let value: UInt8 = try integer()
        guard value < 2 else { throw .damaged }
        return value == 1
    }

    mutating func block() throws(TemplateFile.Failure) -> [UInt8] {
        let count: UInt32 = try integer()
        return try raw(Int(count))
    }

    /// Every element takes a byte at least, so a count beyond what is left ends early.
    mutating func list<Element>(
        _ read: (inout StateReader) throws(TemplateFile.Failure) -> Element
    ) throws(TemplateFile.Failure) -> [Element] {
        let count: UInt32 = try integer()
        guard Int(count) <= remaining.count else { throw .truncated }
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }
}
