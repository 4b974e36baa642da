extension JSONValue {
    /// The document as text, on one line or, with `indent`, one member or element per line, as Go's
    /// encoding/json lays it out.
    package func text(indent: String = "") -> String {
        var writer = JSONWriter(indent: indent)
        writer.write(self, level: 0)
        return writer.text
    }
}

private struct JSONWriter {
    let indent: String
    var text = ""

    mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: text += "null"
        case .bool(let bool): text += bool ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let string): quote(string)
        case .array(let elements):
            list("[", "]", elements, level) { $0.write($1, level: level + 1) }
        case .object(let members):
            list("{", "}", members, level) {
                $0.quote($1.name)
                $0.text += $0.indent.isEmpty ? ":" : ": "
                $0.write($1.value, level: level + 1)
            }
        }
    }

    private mutating func list<Item>(
        _ open: String, _ close: String, _ items: [Item], _ level: Int,
        _ item: (inout JSONWriter, Item) -> Void
    ) {
        text += open
        for (index, element) in items.enumerated() {
            if index > 0 { text += "," }
            newLine(level + 1)
            item(&self, element)
        }
        if !items.isEmpty { newLine(level) }
        text += close
    }

    private mutating func newLine(_ level: Int) {
        guard !indent.isEmpty else { return }
        text += "\n" + String(repeating: indent, count: level)
    }

    private mutating func quote(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
