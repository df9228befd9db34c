import Testing

@testable import RsyncOptions

/// Per-directory merge files (rsync(1), "MERGE-FILE FILTER RULES"), with the contents of the files in a dictionary.
@Suite("FilterScopes")
struct FilterScopeTests {
    /// One question: which names are left out in a directory of a tree with these files.
    struct Case: Sendable, CustomTestStringConvertible {
        let rules: [String]
        let files: [String: String]
        let directory: String
        let excluded: Set<String>
        var testDescription: String { "\(rules) in \(directory): \(excluded.sorted())" }
    }

    static let cases = [
        // The rules of a directory come before those it inherits, all of them in the place of the merge rule.
        Case(rules: [": .f"], files: ["sub/.f": "- a"], directory: "sub/deep", excluded: ["a"]),
        Case(rules: [": .f"], files: [".f": "- a", "sub/.f": "+ a"], directory: "sub", excluded: []),
        Case(rules: ["+ a", ": .f", "- b"], files: [".f": "- a\n+ b"], directory: "", excluded: []),
        // `n`, `!` and `s`.
        Case(rules: [":n .f"], files: ["sub/.f": "- a"], directory: "sub/deep", excluded: []),
        Case(
            rules: [": .f", "- c"],
            files: [".f": "- a", "sub/.f": "!\n- b"],
            directory: "sub",
            excluded: ["b", "c"]
        ),
        Case(rules: [":r .f"], files: [".f": "- a"], directory: "", excluded: []),
        // A leading slash stands for the file's directory.
        Case(rules: [": .f"], files: ["sub/.f": "- /a\n- deep/b"], directory: "sub/deep", excluded: ["b"]),
        Case(rules: [": .f"], files: ["sub/.f": "- /a"], directory: "sub", excluded: ["a"]),
        // Other forms of files.
        Case(rules: [":- .f"], files: [".f": "a\n# b\n; c\n\nb\r\n"], directory: "", excluded: ["a", "b"]),
        Case(rules: [":C"], files: [".cvsignore": "a b\n"], directory: "", excluded: ["a", "b"]),
        Case(rules: [":C"], files: [".cvsignore": "a ! b\n"], directory: "", excluded: ["b"]),
        Case(rules: [":w .f"], files: [".f": "- a\n-_b"], directory: "", excluded: ["a", "b"]),
        Case(rules: [":e .f"], files: [".f": "- a"], directory: "", excluded: ["a", ".f"]),
        // A file may name further files, for the directories below its own.
        Case(rules: [": .f"], files: ["sub/.f": ": .g", "sub/deep/.g": "- a"], directory: "sub/deep", excluded: ["a"]),
        Case(rules: [": .f"], files: ["sub/.f": ": .g", "other/.g": "- a"], directory: "other", excluded: []),
        Case(rules: [": .f"], files: [".f": ": .f\n- a"], directory: "", excluded: ["a"]),
    ]

    private func scope(
        _ list: FilterList,
        _ files: [String: String],
        of directory: String,
        limitsUnqualified: Bool = false
    ) throws -> FilterScope {
        let scopes = FilterScopes(list, side: .sender, reader: FilterReader(), limitsUnqualified: limitsUnqualified)
        var scope = FilterScope()
        var path = ""
        for component in [""] + directory.split(separator: "/").map(String.init) {
            path += path.isEmpty ? component : "/" + component
            let place = path
            scope = try scopes.scope(
                below: scope,
                anchor: path.isEmpty ? .below(0) : .below(path.utf8.count + 1),
                path: "/" + path
            ) { (name) throws(FilterError) in
                let name = String(decoding: name, as: UTF8.self)
                return files[place.isEmpty ? name : place + "/" + name].map { Array($0.utf8) }
            }
        }
        return scope
    }

    @Test("files of directories leave out what rsync's manual says", arguments: cases)
    func merges(example: Case) throws {
        var list = FilterList()
        for rule in example.rules { try list.append(line: Array(rule.utf8)) }
        let scope = try scope(list, example.files, of: example.directory)
        var excluded: Set<String> = []
        for leaf in ["a", "b", "c", ".f", ".g"] {
            let name = Array((example.directory.isEmpty ? leaf : example.directory + "/" + leaf).utf8)
            if list.isExcluded(name.span, isDirectory: false, side: .sender, in: scope) { excluded.insert(leaf) }
        }
        #expect(excluded == example.excluded)
    }

    @Test("rules of files above the transfer's root are anchored there")
    func above() throws {
        var list = FilterList()
        try list.append(line: Array(": /.f".utf8))
        let scopes = FilterScopes(list, side: .sender, reader: FilterReader(), limitsUnqualified: false)
        let scope = try scopes.scope(below: FilterScope(), anchor: .above(Array("src".utf8)), path: "/") {
            (_) throws(FilterError) in Array("- /src/a\n- /b\n".utf8)
        }
        #expect(excludes(list, "a", scope))
        #expect(!excludes(list, "b", scope))
    }

    @Test(
        "debug output names the rule that decides, but not the lines of files",
        arguments: [
            ("- *.log", "x.log", "*.log"), ("- /x/", "x", "/x/"), ("- a", "a", "a"), (". rules", "b", Self.hidden),
            (": .f", "c", Self.hidden + " [per-dir .f]"), ("-C", "x.o", "*.o [global CVS]"),
        ]
    )
    func shown(rule: String, name: String, expected: String) throws {
        let reader = FilterReader(source: { (_) throws(FilterError) in Array("- b\n".utf8) })
        var list = FilterList()
        try reader.add(line: Array(rule.utf8), to: &list)
        let scope = try scope(list, [".f": "- c"], of: "")
        let path = Array(name.utf8)
        let match = list.match(path.span, isDirectory: rule.hasSuffix("/"), side: .sender, in: scope)
        #expect(match.map { String(decoding: $0.shown, as: UTF8.self) } == expected)
    }

    private static let hidden = "<rule from a file read earlier>"

    private func excludes(_ list: FilterList, _ name: String, _ scope: FilterScope) -> Bool {
        let name = Array(name.utf8)
        return list.isExcluded(name.span, isDirectory: false, side: .sender, in: scope)
    }

    @Test("absolute rules are compared with the whole path")
    func absolute() throws {
        var list = FilterList()
        try list.append(line: Array("-/ src/a".utf8))
        #expect(excludes(list, "a", FilterScope(root: Array("home/src".utf8))))
        #expect(!excludes(list, "a", FilterScope()))
    }

    @Test("invalid files are refused with rsync's words")
    func invalid() throws {
        for (rule, text, expected) in [
            (": .f", "- a\nx b", "Unknown filter rule: <rule from //.f line 2>"),
            (":s .f", "-r a", "specified-side merge file contains specified-side filter: <rule from //.f line 1>"),
            (": .f", ". other", "a merge file may not be named here: <rule from //.f line 1>"),
        ] {
            var list = FilterList()
            try list.append(line: Array(rule.utf8))
            let error = #expect(throws: FilterError.self) { _ = try scope(list, [".f": text], of: "") }
            #expect(error?.description == expected)
        }
    }

    @Test("with --delete-excluded, rules that name no side are the sender's")
    func limited() throws {
        var list = FilterList()
        for line in ["- a", "-sr b", ": .f", ":- .g"] { try list.append(line: Array(line.utf8)) }
        list.limitUnqualifiedRules()
        #expect(list.rules.map(\.namedSides) == [.sender, [.sender, .receiver], [], .sender])
    }

    @Test("bounds the rules of files, also of files that name each other")
    func bounded() throws {
        var list = FilterList()
        try list.append(line: Array(": .a".utf8))
        let many = String(repeating: "- a\n", count: 20_000)
        #expect(throws: FilterError.self) { _ = try scope(list, [".a": many], of: "") }
        let each = String(repeating: ": .b\n: .c\n: .d\n", count: 60)
        #expect(throws: FilterError.self) {
            _ = try scope(list, [".a": each, ".b": each, ".c": each, ".d": each], of: "")
        }
    }
}
