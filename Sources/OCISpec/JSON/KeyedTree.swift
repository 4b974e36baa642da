/// Members of an object, for `TreeDecoder`.
struct KeyedTree<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let codingPath: [any CodingKey]
    private let members: [String: JSONValue]

    init(_ members: [JSONValue.Member], _ codingPath: [any CodingKey]) {
        self.members = Dictionary(
            members.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
        self.codingPath = codingPath
    }

    var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try tree(key).value == .null }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try tree(key).decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try tree(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try tree(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        TreeDecoder(.object(members.map { JSONValue.Member($0.key, $0.value) }), codingPath)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try tree(key) }

    private func tree(_ key: Key) throws -> TreeDecoder {
        let path = codingPath + [key]
        guard let value = members[key.stringValue] else {
            throw SpecError.missing(path: TreeDecoder.text(of: path))
        }
        return TreeDecoder(value, path)
    }
}

extension KeyedTree {
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try tree(key).decode(type)
    }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try tree(key).decode(type)
    }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try tree(key).decode(type)
    }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try tree(key).decode(type)
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        try tree(key).decode(type)
    }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
        try tree(key).decode(type)
    }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
        try tree(key).decode(type)
    }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
        try tree(key).decode(type)
    }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try tree(key).decode(type)
    }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
        try tree(key).decode(type)
    }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
        try tree(key).decode(type)
    }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
        try tree(key).decode(type)
    }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        try tree(key).decode(type)
    }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
        try tree(key).decode(type)
    }
}
