/// A JSON document (RFC 8259) as a tree. Members of objects keep their order, numbers their text.
///
/// The project has a parser of its own because an error in config.json must name its line and column or
/// the path of its field, because 64-bit limits must survive unchanged, because what it writes has the
/// order of runc's files, and because a start is counted in milliseconds, of which Foundation takes four.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// The digits as they stand in the document.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// A name and a value of an object.
    package struct Member: Equatable, Sendable {
        package var name: String
        package var value: JSONValue

        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The member with this name; the last one where a name is repeated, as Go reads it.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// What a person calls a value of this kind.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) {
        self = .string(value)
    }
}

extension JSONValue: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int) {
        self = .number(String(value))
    }
}

extension JSONValue: ExpressibleByBooleanLiteral {
    package init(booleanLiteral value: Bool) {
        self = .bool(value)
    }
}

extension JSONValue: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: JSONValue...) {
        self = .array(elements)
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}
