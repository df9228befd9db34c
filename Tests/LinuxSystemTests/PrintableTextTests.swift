import LinuxSystem
import Testing

@Suite("Printable text")
struct PrintableTextTests {
    @Test(
        "keeps readable text, and shows control characters as octal bytes",
        arguments: [
            ("plain text, ü, 漢字, 👩‍👩‍👧", "plain text, ü, 漢字, 👩‍👩‍👧"),
            ("\u{1B}[2J\u{7}", "\\#033[2J\\#007"), ("one\ntwo\r\t", "one\\#012two\\#015\\#011"),
            ("\u{7F}\u{9B}2J", "\\#177\\#302\\#2332J"),
            ("a\u{2028}b\u{2029}", "a\\#342\\#200\\#250b\\#342\\#200\\#251"),
            ("\u{202E}txt.exe", "\\#342\\#200\\#256txt.exe"), ("", ""),
            ("\\#033", "\\#134#033"), ("\\#03", "\\#03"), ("a\\b", "a\\b"),
        ]
    )
    func text(_ text: String, _ shown: String) { #expect(PrintableText.escaped(text) == shown) }

    @Test("shows bytes that are not UTF-8 one by one, and the characters around them")
    func bytes() {
        #expect(PrintableText.escaped([0xFF, 0x61, 0xC3]) == "\\#377a\\#303")
        #expect(PrintableText.escaped([0xC3, 0xBC, 0xE2, 0x82, 0x41]) == "ü\\#342\\#202A")
        // An overlong form of a newline is none, and no newline either.
        #expect(PrintableText.escaped([0xC0, 0x8A]) == "\\#300\\#212")
    }

    @Test("shows an empty path as a dot")
    func path() {
        #expect(PrintableText.path([]) == ".")
        #expect(PrintableText.path([0x61, 0x0A]) == "a\\#012")
    }

    @Test("truncates long text and says how much is missing, even in the middle of a character")
    func limit() {
        #expect(PrintableText.escaped("abcdef", limit: 4) == "abcd… (2 more bytes)")
        #expect(PrintableText.escaped("abü", limit: 3) == "ab\\#303… (1 more bytes)")
        #expect(PrintableText.escaped("abcd", limit: 4) == "abcd")
    }

    @Test(
        "takes its own escapes back, and nothing else",
        arguments: [
            [], Array("a\\b".utf8), Array("\\#101".utf8), Array("\\\\#101 \\#999 \\#1".utf8), [0x5C, 0x0A, 0xFF, 0x5C],
            Array("ü\u{202E}".utf8),
        ] as [[UInt8]]
    )
    func unescaped(bytes: [UInt8]) {
        #expect(PrintableText.unescaped(PrintableText.escaped(bytes)) == bytes)
        #expect(PrintableText.unescaped("\\#+12\\#400\\#12") == Array("\\#+12\\#400\\#12".utf8))
    }

    @Test("leaves no control character of any bytes, 100,000 random texts, and can be taken back")
    func random() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<100_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let text = PrintableText.escaped(bytes)
            let isClean = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
            guard isClean, PrintableText.unescaped(text) == bytes else {
                Issue.record("\(bytes)")
                return
            }
        }
    }
}
