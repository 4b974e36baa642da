import OCISpec

/// A decoder that has an answer to every question, and keeps the path of every field that it was asked for:
/// so it finds all fields of a type without being told. Lists have one element (`[]`), dictionaries one
/// member (`*`).
struct FieldRecorder: Decoder {
    /// The paths, in the order of the questions.
    final class Paths {
        var all: [String] = []
    }

    let paths: Paths
    let path: String
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Every field of a type that holds no others: `process.args[]`, `linux.sysctl.*`.
    static func leaves<T: Decodable>(of type: T.Type) throws -> [String] {
        let paths = Paths()
        _ = try T(from: FieldRecorder(paths: paths, path: ""))
        return paths.all
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Keyed(recorder: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        Unkeyed(recorder: below("[]"))
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        Single(recorder: self)
    }

    fileprivate func below(_ name: String) -> FieldRecorder {
        let separator = path.isEmpty || name == "[]" ? "" : "."
        return FieldRecorder(paths: paths, path: path + separator + name)
    }

    fileprivate func value<T: Decodable>(_ type: T.Type) throws -> T {
        let samples: [Any] = [
            JSONValue.null, "1", true, Int(1), Int32(1), Int64(1), UInt16(1), UInt32(1), UInt64(1),
        ]
        guard let sample = samples.lazy.compactMap({ $0 as? T }).first else {
            return try T(from: self)
        }
        paths.all.append(path)
        return sample
    }
}

extension FieldRecorder {
    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let recorder: FieldRecorder
        var codingPath: [any CodingKey] { [] }
        /// Asked for by dictionaries only.
        var allKeys: [Key] { [Key(stringValue: "*")].compactMap(\.self) }

        func contains(_ key: Key) -> Bool { true }
        func decodeNil(forKey key: Key) -> Bool { false }

        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
            try recorder.below(key.stringValue).value(type)
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedDecodingContainer<Nested> {
            recorder.below(key.stringValue).container(keyedBy: type)
        }

        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
            recorder.below(key.stringValue).unkeyedContainer()
        }

        func superDecoder() -> any Decoder { recorder }
        func superDecoder(forKey key: Key) -> any Decoder { recorder }
    }

    private struct Unkeyed: UnkeyedDecodingContainer {
        let recorder: FieldRecorder
        var codingPath: [any CodingKey] { [] }
        var count: Int? { 1 }
        var isAtEnd: Bool { currentIndex > 0 }
        private(set) var currentIndex = 0

        mutating func decodeNil() -> Bool { false }

        mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
            currentIndex += 1
            return try recorder.value(type)
        }

        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type
        ) -> KeyedDecodingContainer<Nested> {
            currentIndex += 1
            return recorder.container(keyedBy: type)
        }

        mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer {
            currentIndex += 1
            return recorder.unkeyedContainer()
        }

        mutating func superDecoder() -> any Decoder { recorder }
    }

    private struct Single: SingleValueDecodingContainer {
        let recorder: FieldRecorder
        var codingPath: [any CodingKey] { [] }

        func decodeNil() -> Bool { false }
        func decode<T: Decodable>(_ type: T.Type) throws -> T { try recorder.value(type) }
    }
}
