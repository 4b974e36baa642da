/// Decodes `Decodable` types from a `JSONValue`; every error is a `SpecError` with the path of the field.
///
/// A member that is null counts as missing, as Go's encoding/json reads it. Unknown members are ignored,
/// as the specification demands ("Extensibility" of config.md).
package struct TreeDecoder: Decoder {
    let value: JSONValue
    package let codingPath: [any CodingKey]
    package var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ value: JSONValue, _ codingPath: [any CodingKey]) {
        self.value = value
        self.codingPath = codingPath
    }

    /// Reads one value of a type from the root of a document.
    package static func decode<T: Decodable>(
        _ type: T.Type, from value: JSONValue
    ) throws(SpecError) -> T {
        do {
            return try TreeDecoder(value, []).decode(type)
        } catch let error as SpecError {
            throw error
        } catch {
            throw .invalid(path: "", reason: "\(error)")
        }
    }

    package func container<Key: CodingKey>(
        keyedBy type: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw mismatch("an object") }
        return KeyedDecodingContainer(KeyedTree(members, codingPath))
    }

    package func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch("a list") }
        return UnkeyedTree(elements, codingPath)
    }

    package func singleValueContainer() throws -> any SingleValueDecodingContainer {
        self
    }

    func mismatch(_ expected: String) -> SpecError {
        .type(path: Self.text(of: codingPath), expected: expected, found: found)
    }

    private var found: String {
        // The kind alone would say "expected a number, found a number".
        if case .number(let digits) = value, digits.contains(where: { !$0.isNumber }) {
            return digits
        }
        return value.kind
    }

    /// `linux.devices[2].path`; names that would be misread are quoted.
    static func text(of path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else if key.stringValue.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) {
                text += text.isEmpty ? key.stringValue : "." + key.stringValue
            } else {
                text += "[\"\(key.stringValue)\"]"
            }
        }
        return text
    }
}

// MARK: - Scalars

extension TreeDecoder: SingleValueDecodingContainer {
    package func decodeNil() -> Bool { value == .null }

    package func decode(_ type: Bool.Type) throws -> Bool {
        guard case .bool(let bool) = value else { throw mismatch("a boolean") }
        return bool
    }

    package func decode(_ type: String.Type) throws -> String {
        guard case .string(let string) = value else { throw mismatch("a string") }
        return string
    }

    package func decode(_ type: Double.Type) throws -> Double {
        guard case .number(let digits) = value, let number = Double(digits) else {
            throw mismatch("a number")
        }
        return number
    }

    package func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }

    func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        guard case .number(let digits) = value else { throw mismatch("a number") }
        if let number = T(digits) { return number }
        let whole = digits.drop { $0 == "-" }.allSatisfy(\.isNumber)
        guard whole else {
            throw SpecError.type(
                path: Self.text(of: codingPath), expected: "an integer", found: digits)
        }
        throw SpecError.invalid(
            path: Self.text(of: codingPath),
            reason: "\(digits) is not between \(T.min) and \(T.max)")
    }

    package func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    package func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    package func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    package func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    package func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    package func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    package func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    package func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    package func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    package func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

    package func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if type == JSONValue.self, let whole = value as? T { return whole }
        return try T(from: self)
    }
}

extension JSONValue: Decodable {
    package init(from decoder: any Decoder) throws {
        guard let tree = decoder as? TreeDecoder else {
            throw SpecError.invalid(path: "", reason: "not decoded from a JSON tree")
        }
        self = tree.value
    }
}

/// The key of an element of a list.
struct IndexKey: CodingKey {
    let index: Int
    var stringValue: String { String(index) }
    var intValue: Int? { index }

    init(_ index: Int) {
        self.index = index
    }

    init?(intValue: Int) {
        self.init(intValue)
    }

    init?(stringValue: String) {
        guard let index = Int(stringValue) else { return nil }
        self.init(index)
    }
}
