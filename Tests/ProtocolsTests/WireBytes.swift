/// Bytes written as annotated hexadecimal: white space, and everything from `#` to the end of the line, is
/// left out. `"..."` stands for the characters between the quotes.
func wire(_ text: String) -> [UInt8] {
    text.split(separator: "\n").flatMap { line -> [UInt8] in
        let code = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return code.split(separator: " ").flatMap { word -> [UInt8] in
            word.hasPrefix("\"")
                ? Array(word.dropFirst().dropLast().utf8)
                : UInt8(word, radix: 16).map { [$0] } ?? []
        }
    }
}
