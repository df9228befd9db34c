import Testing
import YAMLDocument

@Suite("YAML reader", .timeLimit(.minutes(10)))
struct YAMLReaderTests {
    private func read(_ text: String) throws -> YAMLNode { try YAMLNode(parsing: Array(text.utf8)) }

    /// Without lines, as a short text.
    private func shape(_ node: YAMLNode) -> String {
        switch node.value {
        case .scalar(let text, let isPlain): isPlain ? text : "'\(text)'"
        case .list(let elements): "[" + elements.map(shape).joined(separator: " ") + "]"
        case .map(let members): "{" + members.map { "\($0.key):\(shape($0.value))" }.joined(separator: " ") + "}"
        }
    }

    @Test(
        "YAML and JSON give the same values",
        arguments: [
            ("a: 1\nb: [x, \"y\"]\n", "{a:1 b:[x 'y']}"), ("{\"a\": 1,\n\t\"b\": [\"x\", true]}", "{a:1 b:['x' true]}"),
            ("---\nv:\n  - name: o\n    path: /mnt/o\n", "{v:[{name:o path:/mnt/o}]}"),
            ("a: 'it''s'\nb: \"\\u00e9\\n\\/\"\nc: |\n  two\n  lines\n", "{a:'it's' b:'é\n/' c:'two\nlines\n'}"),
            ("a:\nb: ~\n", "{a: b:~}"), ("plain", "plain"), ("# only\na: b # comment\n...\n", "{a:b}"),
            ("{\"a\": {}}", "{a:{}}"), ("- - 1\n", "[[1]]"),
        ]
    )
    func values(text: String, expected: String) throws {
        #expect(shape(try read(text)) == expected)
    }

    @Test("keys and values know their lines")
    func lines() throws {
        let node = try read("# first\na: 1\n\nb:\n  - x\n  -\n    c: 2\n")
        let members = try #require(node.members)
        #expect(members.map(\.line) == [2, 4])
        #expect(members[1].value.elements?.map(\.line) == [5, 7])
    }

    @Test(
        "what is not data of one document is refused with its line",
        arguments: [
            ("a: 1\na: 2\n", 2, "twice"), ("{\"a\": 1,\n\"a\": 2}", 2, "twice"), ("a: 1\n---\nb: 2\n", 2, "second"),
            ("a: &x 1\n", 1, "anchors"), ("a: 1\nb: *x\n", 2, "anchors"), ("a: !!str 1\n", 1, "tags"),
            ("a: &x [1]\n", 1, "anchors"), ("b: &x\n  c: 1\n", 1, "anchors"), ("? [a]\n: 1\n", 1, "key"),
            ("a: [1\nb: 2\n", 2, "YAML"), ("a: 1\n\tb: 2\n", 2, "YAML"), ("a: \"x\n", 2, "YAML"), ("", 1, "empty"),
            ("# nothing\n", 1, "empty"), ("{\"a\": 1}}", 1, "YAML"), ("a: b: c\n", 1, "YAML"), ("&x a: 1\n", 1, "key"),
        ]
    )
    func flaws(text: String, line: Int, word: String) {
        let flaw = #expect(throws: YAMLFlaw.self) { try read(text) }
        #expect(flaw?.line == line, "\(String(describing: flaw))")
        #expect(flaw?.reason.contains(word) == true, "\(String(describing: flaw))")
    }

    @Test("bytes that are not UTF-8 are refused")
    func encoding() {
        for bytes: [UInt8] in [[0x61, 0x3A, 0x20, 0xFF], [0xFF, 0xFE, 0x61, 0x00], [0x61, 0x3A, 0x20, 0x00]] {
            let flaw = #expect(throws: YAMLFlaw.self) { try YAMLNode(parsing: bytes) }
            #expect(flaw?.reason.contains("UTF-8") == true, "\(String(describing: flaw))")
        }
    }

    @Test("nesting and length are bounded, an alias bomb is not expanded")
    func bounds() throws {
        let deepest = YAMLNode.deepestNesting
        #expect(throws: Never.self) {
            try read(String(repeating: "[", count: deepest) + String(repeating: "]", count: deepest))
        }
        #expect(throws: YAMLFlaw.self) { try read(String(repeating: "[", count: 100_000)) }
        #expect(throws: YAMLFlaw.self) { try read(String(repeating: "- ", count: 10_000)) }
        #expect(throws: YAMLFlaw.self) { try read("a: " + String(repeating: "x", count: YAMLNode.longestText)) }
        #expect(throws: YAMLFlaw.self) { try read("a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n") }
    }

    @Test("empty values are null, quoted ones are not")
    func nulls() throws {
        let node = try read("a:\nb: null\nc: 'null'\nd: ''\ne: text\n")
        #expect(node.members?.map(\.value.isNull) == [true, true, false, false, false])
        #expect(node["e"]?.text == "text")
    }
}
