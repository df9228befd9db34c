import LinuxSystem
import Testing

@Suite("Base64")
struct Base64Tests {
    // RFC 4648, 10.
    @Test(
        "the examples of the RFC, with padding and without",
        arguments: [
            ("", "", ""), ("f", "Zg==", "Zg"), ("fo", "Zm8=", "Zm8"), ("foo", "Zm9v", "Zm9v"),
            ("foob", "Zm9vYg==", "Zm9vYg"), ("fooba", "Zm9vYmE=", "Zm9vYmE"), ("foobar", "Zm9vYmFy", "Zm9vYmFy"),
        ]
    )
    func examples(text: String, padded: String, bare: String) {
        let bytes = Array(text.utf8)
        #expect(String(decoding: Base64.encode(bytes, isPadded: true), as: UTF8.self) == padded)
        #expect(String(decoding: Base64.encode(bytes, isPadded: false), as: UTF8.self) == bare)
        #expect(Base64.length(of: bytes.count, isPadded: true) == padded.utf8.count)
        #expect(Base64.length(of: bytes.count, isPadded: false) == bare.utf8.count)
    }

    @Test("all digits")
    func digits() {
        #expect(
            String(decoding: Base64.encode([0xFB, 0xEF, 0xFF, 0x00, 0x10, 0x83], isPadded: true), as: UTF8.self)
                == "++//ABCD"
        )
    }
}

@Suite("Hexadecimal")
struct HexadecimalTests {
    @Test("two lower-case digits a byte, and back in either case")
    func bytes() {
        #expect(Hexadecimal.encode([0, 9, 0xAB, 0xFF]) == "0009abff")
        #expect(Hexadecimal.decode("0009abFF".utf8) == [0, 9, 0xAB, 0xFF])
        #expect(Hexadecimal.decode("".utf8) == [])
    }

    @Test("nothing but pairs of digits is read", arguments: ["0", "0g", "+1", "-1", "0x", " 1", "111"])
    func flaws(text: String) { #expect(Hexadecimal.decode(text.utf8) == nil) }
}

@Suite("PathParts")
struct PathPartsTests {
    @Test(
        "cuts at the last slash",
        arguments: [
            ("a", "", "a", false), ("a/b", "a", "b", true), ("a/b/c", "a/b", "c", true), ("/a", "", "a", true),
            ("a/", "a", "", true), ("", "", "", false), ("/", "", "", true), ("a//b", "a/", "b", true),
        ]
    )
    func parts(path: String, parent: String, leaf: String, hasParent: Bool) {
        let parts = PathParts(Array(path.utf8))
        #expect(parts.parent == Array(parent.utf8))
        #expect(parts.leaf == Array(leaf.utf8))
        #expect(parts.hasParent == hasParent)
        #expect(PathParts(Array("..\(path)".utf8).dropFirst(2)) == parts)
    }

    @Test(
        "the directory of a name right below the root is the root",
        arguments: [("/a", "/"), ("/", "/"), ("a/b", "a"), ("a", ""), ("/a/b", "/a")]
    )
    func directory(path: String, directory: String) {
        #expect(PathParts(Array(path.utf8)).directory == Array(directory.utf8))
    }

    @Test(
        "components end at slashes, and those that are empty are no components",
        arguments: [
            ("", [""], []), ("a", ["a"], ["a"]), ("a/bc", ["a", "bc"], ["a", "bc"]), ("/a/", ["", "a", ""], ["a"]),
            ("a//b", ["a", "", "b"], ["a", "b"]),
        ] as [(String, [String], [String])]
    )
    func components(path: String, all: [String], filled: [String]) {
        let path = Array(path.utf8)
        var found: [String] = []
        var start = 0
        while start <= path.count {
            let end = path.span.componentEnd(from: start)
            found.append(String(decoding: path[start..<end], as: UTF8.self))
            start = end + 1
        }
        #expect(found == all)
        #expect(PathParts.components(of: path).map { String(decoding: $0, as: UTF8.self) } == filled)
    }
}
