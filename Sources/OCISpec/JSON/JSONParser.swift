/// Reads a JSON document (RFC 8259) from UTF-8. Pure; bounded by the size of its input and `maximumDepth`.
package struct JSONParser {
    /// Objects and lists inside each other; more is refused, so that no input exhausts the stack.
    package static let maximumDepth = 128

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The only value of the document; anything but white space behind it is an error.
    package static func parse(_ bytes: [UInt8]) throws(SpecError) -> JSONValue {
        var parser = JSONParser(bytes)
        parser.skipWhitespace()
        let value = try parser.value()
        parser.skipWhitespace()
        guard parser.position == bytes.count else {
            throw parser.unexpected(wanted: "the end of the document")
        }
        return value
    }

    private mutating func value() throws(SpecError) -> JSONValue {
        guard let byte = peek() else { throw unexpected(wanted: "a value") }
        switch byte {
        case UInt8(ascii: "{"):
            return .object(
                try nested { parser throws(SpecError) in
                    try parser.members()
                })
        case UInt8(ascii: "["):
            return .array(
                try nested { parser throws(SpecError) in
                    try parser.elements()
                })
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: return try word()
        }
    }

    private mutating func nested<T>(
        _ body: (inout JSONParser) throws(SpecError) -> T
    ) throws(SpecError) -> T {
        guard depth < Self.maximumDepth else {
            throw error("more than \(Self.maximumDepth) levels of nesting")
        }
        depth += 1
        defer { depth -= 1 }
        position += 1
        skipWhitespace()
        return try body(&self)
    }

    private mutating func members() throws(SpecError) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        if take("}") { return members }
        while true {
            guard peek() == UInt8(ascii: "\"") else {
                throw unexpected(wanted: members.isEmpty ? "a name or '}'" : "a name")
            }
            let name = try string()
            skipWhitespace()
            guard take(":") else { throw unexpected(wanted: "':'") }
            skipWhitespace()
            members.append(JSONValue.Member(name, try value()))
            skipWhitespace()
            if take("}") { return members }
            guard take(",") else { throw unexpected(wanted: "',' or '}'") }
            skipWhitespace()
        }
    }

    private mutating func elements() throws(SpecError) -> [JSONValue] {
        var elements: [JSONValue] = []
        if take("]") { return elements }
        while true {
            elements.append(try value())
            skipWhitespace()
            if take("]") { return elements }
            guard take(",") else { throw unexpected(wanted: "',' or ']'") }
            skipWhitespace()
        }
    }

    private mutating func word() throws(SpecError) -> JSONValue {
        let words: [(String, JSONValue)] = [
            ("true", .bool(true)), ("false", .bool(false)), ("null", .null),
        ]
        for (text, value) in words where bytes[position...].starts(with: text.utf8) {
            position += text.utf8.count
            return value
        }
        throw unexpected(wanted: "a value")
    }

    private mutating func number() throws(SpecError) -> String {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(SpecError) {
        let start = position
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        guard position > start else { throw unexpected(wanted: "a digit") }
    }
}

// MARK: - Strings

extension JSONParser {
    private mutating func string() throws(SpecError) -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        while true {
            guard let byte = peek() else {
                position = start
                throw error("the string that begins here does not end")
            }
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    position = start
                    throw error("the string that begins here is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"):
                position += 1
                text += Array(String(try escape()).utf8)
            case 0..<0x20:
                throw error("a control character in a string must be written as an escape")
            default:
                text.append(byte)
                position += 1
            }
        }
    }

    private mutating func escape() throws(SpecError) -> Unicode.Scalar {
        let simple: [UInt8: Unicode.Scalar] = [
            UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/",
            UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{c}", UInt8(ascii: "n"): "\n",
            UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
        ]
        guard let byte = peek() else { throw unexpected(wanted: "an escape") }
        if let scalar = simple[byte] {
            position += 1
            return scalar
        }
        guard take("u") else { throw unexpected(wanted: "an escape") }
        let first = try hexadecimal()
        // RFC 8259, section 7: characters above U+FFFF are surrogate pairs. Lone halves become U+FFFD.
        guard (0xD800..<0xDC00).contains(first), peek() == UInt8(ascii: "\\"),
            position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
        else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
        position += 2
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second) else { return "\u{FFFD}" }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(SpecError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw unexpected(wanted: "four hexadecimal digits") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}

// MARK: - Positions

extension JSONParser {
    private func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipWhitespace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    /// An error at the present position; columns count characters from 1.
    private func error(_ reason: String) -> SpecError {
        let before = bytes[..<position]
        let line = before.count { $0 == 0x0A } + 1
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let column = String(decoding: bytes[lineStart..<position], as: UTF8.self).count + 1
        return .syntax(line: line, column: column, reason: reason)
    }

    private func unexpected(wanted: String) -> SpecError {
        guard position < bytes.count else {
            return error("expected \(wanted), found the end of the document")
        }
        let rest = bytes[position...].prefix(4)
        let character = String(decoding: rest, as: UTF8.self).first ?? " "
        return error("expected \(wanted), found '\(character)'")
    }
}
