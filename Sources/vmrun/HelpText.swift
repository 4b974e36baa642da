/// How a verb is used, as text.
enum HelpText {
    /// The parser's text, with the verb's name before what it does, as runc has it.
    static func named(_ text: String) -> String {
        let overview = "OVERVIEW: "
        guard text.hasPrefix(overview), let usage = text.firstRange(of: "\n\nUSAGE: ") else {
            return text
        }
        let name = text[usage.upperBound...].prefix { $0 != "\n" }.split(separator: " ")
            .prefix { $0.first?.isLetter ?? false }.joined(separator: " ")
        let purpose = text[..<usage.lowerBound].dropFirst(overview.count)
        return "NAME:\n   \(name) - \(purpose)" + text[usage.lowerBound...]
    }
}
