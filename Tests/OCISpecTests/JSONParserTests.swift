import OCISpec
import Testing

@Suite struct JSONParserTests {
    @Test func keepsTheOrderOfMembersAndTheTextOfNumbers() throws {
        let text = #"{"b":18446744073709551615,"a":[1.50,-0,2e3],"c":{"d":null,"e":true}}"#
        let tree = try JSONParser.parse(Array(text.utf8))
        #expect(tree.text() == text)
    }

    @Test func decodesEscapesAndSurrogatePairs() throws {
        let tree = try JSONParser.parse(Array(#""a\n\u0041\ud83d\ude00\ud83d\"""#.utf8))
        #expect(tree == .string("a\nA😀\u{FFFD}\""))
    }

    @Test func writesControlCharactersAsEscapes() {
        #expect(JSONValue.string("\u{1}\"\\\t").text() == #""\u0001\"\\\t""#)
    }

    @Test func laysOutLikeGo() throws {
        let value: JSONValue = ["a": [1, "x"], "b": [], "c": [:]]
        #expect(
            value.text(indent: "\t")
                == "{\n\t\"a\": [\n\t\t1,\n\t\t\"x\"\n\t],\n\t\"b\": [],\n\t\"c\": {}\n}")
    }

    @Test(arguments: [
        ("", 1, 1, "expected a value, found the end of the document"),
        ("{ \"ociVersion\": \"1.0\", ", 1, 24, "expected a name, found the end of the document"),
        ("{\n  \"a\": 1\n  \"b\": 2\n}", 3, 3, "expected ',' or '}', found '\"'"),
        ("{\"a\" 1}", 1, 6, "expected ':', found '1'"),
        ("[1,]", 1, 4, "expected a value, found ']'"),
        ("[1 2]", 1, 4, "expected ',' or ']', found '2'"),
        ("{\"ä\": tru}", 1, 7, "expected a value, found 't'"),
        ("[01]", 1, 3, "expected ',' or ']', found '1'"),
        ("[1.]", 1, 4, "expected a digit, found ']'"),
        ("[-]", 1, 3, "expected a digit, found ']'"),
        ("[\"a\n\"]", 1, 4, "a control character in a string must be written as an escape"),
        ("[\"abc", 1, 2, "the string that begins here does not end"),
        ("[\"\\x\"]", 1, 4, "expected an escape, found 'x'"),
        ("[\"\\u12g4\"]", 1, 7, "expected four hexadecimal digits, found 'g'"),
        ("{} x", 1, 4, "expected the end of the document, found 'x'"),
        ("// no", 1, 1, "expected a value, found '/'"),
        ("{a: 1}", 1, 2, "expected a name or '}', found 'a'"),
    ])
    func namesLineAndColumn(text: String, line: Int, column: Int, reason: String) {
        #expect(throws: SpecError.syntax(line: line, column: column, reason: reason)) {
            try JSONParser.parse(Array(text.utf8))
        }
    }

    @Test func refusesBytesThatAreNotUTF8() {
        #expect(
            throws: SpecError.syntax(
                line: 1, column: 2, reason: "the string that begins here is not UTF-8")
        ) {
            try JSONParser.parse([0x5B, 0x22, 0xFF, 0x22, 0x5D])
        }
    }

    @Test func refusesBottomlessNesting() {
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(
            throws: SpecError.syntax(
                line: 1, column: 129, reason: "more than 128 levels of nesting")
        ) {
            try JSONParser.parse(bytes)
        }
    }

    @Test func survivesEveryTruncationOfARealFile() throws {
        let bytes = try Fixture.bytes("config-cri-container")
        let whole = bytes.count - 1
        let accepted = (0..<whole).filter { (try? JSONParser.parse(Array(bytes[..<$0]))) != nil }
        #expect(accepted == [])
    }
}
