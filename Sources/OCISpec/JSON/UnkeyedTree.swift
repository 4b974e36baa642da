/// Elements of a list, for `TreeDecoder`.
struct UnkeyedTree: UnkeyedDecodingContainer {
    let codingPath: [any CodingKey]
    private let elements: [JSONValue]
    private(set) var currentIndex = 0

    init(_ elements: [JSONValue], _ codingPath: [any CodingKey]) {
        self.elements = elements
        self.codingPath = codingPath
    }

    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, elements[currentIndex] == .null else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try next().decode(type)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { try next() }

    private mutating func next() throws -> TreeDecoder {
        let path = codingPath + [IndexKey(currentIndex)]
        guard !isAtEnd else { throw SpecError.missing(path: TreeDecoder.text(of: path)) }
        defer { currentIndex += 1 }
        return TreeDecoder(elements[currentIndex], path)
    }
}

extension UnkeyedTree {
    mutating func decode(_ type: Bool.Type) throws -> Bool {
        try next().decode(type)
    }
    mutating func decode(_ type: String.Type) throws -> String {
        try next().decode(type)
    }
    mutating func decode(_ type: Double.Type) throws -> Double {
        try next().decode(type)
    }
    mutating func decode(_ type: Float.Type) throws -> Float {
        try next().decode(type)
    }
    mutating func decode(_ type: Int.Type) throws -> Int {
        try next().decode(type)
    }
    mutating func decode(_ type: Int8.Type) throws -> Int8 {
        try next().decode(type)
    }
    mutating func decode(_ type: Int16.Type) throws -> Int16 {
        try next().decode(type)
    }
    mutating func decode(_ type: Int32.Type) throws -> Int32 {
        try next().decode(type)
    }
    mutating func decode(_ type: Int64.Type) throws -> Int64 {
        try next().decode(type)
    }
    mutating func decode(_ type: UInt.Type) throws -> UInt {
        try next().decode(type)
    }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 {
        try next().decode(type)
    }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 {
        try next().decode(type)
    }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 {
        try next().decode(type)
    }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 {
        try next().decode(type)
    }
}
