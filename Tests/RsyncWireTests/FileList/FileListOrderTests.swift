import RsyncWire
import TestSupport
import Testing

@Suite("Order of file lists")
struct FileListOrderTests {
    /// The rule of the protocol specification, transfer 3.9, word for word and slowly.
    private func key(_ list: FileList, _ entry: FileEntry) -> [(rank: Int, bytes: [UInt8])] {
        let components = list.name(of: entry).split(separator: UInt8(ascii: "/")).map(Array.init)
        return components.enumerated().map { index, component in
            let isLast = index == components.count - 1
            if isLast, entry.isDirectory, component == [UInt8(ascii: ".")] { return (0, component + [0x2f]) }
            return isLast && !entry.isDirectory ? (1, component) : (2, component + [0x2f])
        }
    }

    private func precedes(_ one: [(rank: Int, bytes: [UInt8])], _ other: [(rank: Int, bytes: [UInt8])]) -> Bool {
        for (left, right) in zip(one, other) {
            if left.rank != right.rank { return left.rank < right.rank }
            if left.bytes != right.bytes { return left.bytes.lexicographicallyPrecedes(right.bytes) }
        }
        return one.count < other.count
    }

    @Test("is the specification's on random trees", arguments: 0..<40)
    func oracle(round: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let list = FileList(start: 0, directory: -1)
        let prefix = round % 2 == 0 ? "" : "deep/er/"
        if round % 4 == 0 { list.add(".", mode: 0o040755) }
        for _ in 0..<Int.random(in: 0...400, using: &random) {
            let depth = Int.random(in: 1...4, using: &random)
            let components = (0..<depth).map { _ in
                let letters = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                    "ab-.0".randomElement(using: &random)!
                }
                return "x" + String(letters.prefix(round % 3 == 0 ? 2 : 9))
            }
            list.add(
                prefix + components.joined(separator: "/"),
                mode: Bool.random(using: &random) ? 0o100644 : 0o040755
            )
        }
        let keys = list.entries.map { key(list, $0) }
        let expected = list.entries.indices.sorted { one, other in
            if precedes(keys[one], keys[other]) { return true }
            return !precedes(keys[other], keys[one]) && one < other
        }
        list.sort()
        #expect(list.order.map(Int.init) == expected, "seed \(seed)")
    }

    @Test("puts files before directories and a directory before its contents")
    func example() {
        let list = FileList(start: 0, directory: -1)
        for name in ["a/b/", "z", "a/", "a-b/", ".", "a/c", "a", "a/b/x", ".h", "a.txt"] {
            let isDirectory = name.hasSuffix("/") || name == "."
            list.add(name.hasSuffix("/") ? String(name.dropLast()) : name, mode: isDirectory ? 0o040755 : 0o100644)
        }
        list.sort()
        #expect(list.sortedNames == ["./", ".h", "a", "a.txt", "z", "a-b/", "a/", "a/c", "a/b/", "a/b/x"])
    }

    @Test("before protocol 29 is that of the bytes, and finds a directory behind a file of its name")
    func bytes() {
        let list = FileList(start: 0, directory: -1, sortsByBytes: true)
        for name in [
            "a/b", "a-b/x", "z", ".h", "a/c", "a.txt", "longer than eight bytes 2", "longer than eight bytes 1",
        ] {
            list.add(name)
        }
        for name in [".", "a", "a-b"] { list.add(name, mode: 0o040755) }
        list.add("a", mode: 0o120777)
        list.sort()
        list.removeDuplicates()
        #expect(
            list.sortedNames == [
                "./", ".h", "a/", "a-b/", "a-b/x", "a.txt", "a/b", "a/c", "longer than eight bytes 1",
                "longer than eight bytes 2", "z",
            ]
        )
        for (name, isDirectory) in [("a", true), ("a-b", true), ("a/b", false), (".", true)] {
            let found = list.position(ofName: Array(name.utf8).span).map { list.entry(sorted: $0) }
            #expect(found?.isDirectory == isDirectory)
        }
        for name in ["", "a-", "a/d", "zz"] { #expect(list.position(ofName: Array(name.utf8).span) == nil) }
    }

    @Test("finds names")
    func lookup() {
        let whole = FileList(start: 0, directory: -1)
        for name in ["d/x", "d/e/y", "d/e/long-enough-for-keys-1", "d/e/long-enough-for-keys-2", "top"] {
            whole.add(name)
        }
        for name in ["d", "d/e"] { whole.add(name, mode: 0o040755) }
        whole.sort()
        for position in whole.order.indices {
            let name = Array(whole.name(of: whole.entry(sorted: position)))
            #expect(whole.position(ofName: name.span) == position)
        }
        for name in ["", "d/", "d/y", "e", "d/e/long-enough-for-keys-", "d/e/long-enough-for-keys-11", "zz", "to"] {
            #expect(whole.position(ofName: Array(name.utf8).span) == nil)
        }
        let part = FileList(start: 7, directory: 0)
        for name in ["some/dir/one", "some/dir/two"] { part.add(name) }
        part.add("some/dir/sub", mode: 0o040755)
        part.sort()
        for (leaf, position) in [("one", 0), ("two", 1), ("sub", 2), ("three", nil), ("some", nil)] as [(String, Int?)]
        {
            #expect(part.position(ofLeaf: Array(leaf.utf8).span) == position)
        }
        #expect(FileList(start: 0, directory: -1).position(ofLeaf: Array("a".utf8).span) == nil)
    }

    @Test("of duplicates the first stays, and a directory wins")
    func duplicates() {
        let list = FileList(start: 0, directory: -1)
        list.add("f") { $0.size = 1 }
        list.add("f") { $0.size = 2 }
        list.add("f") { $0.size = 3 }
        list.add("d", mode: 0o040755) { $0.flags = .topDirectory }
        list.add("d", mode: 0o040755)
        list.add("d", mode: 0o120777)
        list.add("d/x")
        list.sort()
        list.removeDuplicates()
        #expect(list.sortedNames == ["f", "d/", "d/x"])
        #expect(list.position(ofName: Array("f".utf8).span).map { list.entry(sorted: $0).size } == 1)
        let directory = list.position(ofName: Array("d".utf8).span).map { list.entry(sorted: $0) }
        #expect(directory?.flags == .hasContents, "only implied in one place: no longer implied")
        list.removeDuplicates()
        #expect(list.sortedNames == ["f", "d/", "d/x"])
    }
}
