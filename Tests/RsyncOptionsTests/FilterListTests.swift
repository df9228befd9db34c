import Foundation
import RsyncOptions
import TestSupport
import Testing

@Suite("FilterList")
struct FilterListTests {
    struct Match: Sendable, CustomTestStringConvertible {
        let pattern: String
        let name: String
        var isDirectory = false
        let isExcluded: Bool
        var testDescription: String { "\(pattern) \(name)" }
    }

    static let matches = [
        Match(pattern: "*.o", name: "a.o", isExcluded: true), Match(pattern: "*.o", name: "d/a.o", isExcluded: true),
        Match(pattern: "*.o", name: "a.ob", isExcluded: false), Match(pattern: "/a", name: "a", isExcluded: true),
        Match(pattern: "/a", name: "d/a", isExcluded: false), Match(pattern: "a/", name: "a", isExcluded: false),
        Match(pattern: "a/", name: "a", isDirectory: true, isExcluded: true),
        Match(pattern: "d/a", name: "x/d/a", isExcluded: true), Match(pattern: "d/a", name: "xd/a", isExcluded: false),
        Match(pattern: "/d/*", name: "d/a", isExcluded: true), Match(pattern: "/d/*", name: "d/a/b", isExcluded: false),
        Match(pattern: "/d/**", name: "d/a/b", isExcluded: true), Match(pattern: "a?c", name: "abc", isExcluded: true),
        Match(pattern: "a?c", name: "a/c", isExcluded: false), Match(pattern: "[a-c]x", name: "bx", isExcluded: true),
        Match(pattern: "[!a-c]x", name: "bx", isExcluded: false),
        Match(pattern: "[[:digit:]]", name: "7", isExcluded: true),
        Match(pattern: "d/***", name: "d", isDirectory: true, isExcluded: true),
        Match(pattern: "d/***", name: "d/a", isExcluded: true),
        Match(pattern: "d/**", name: "d", isDirectory: true, isExcluded: false),
        Match(pattern: "a\\b", name: "a\\b", isExcluded: true), Match(pattern: "a\\*", name: "a*", isExcluded: true),
        Match(pattern: "a\\*", name: "ab", isExcluded: false), Match(pattern: "[", name: "[", isExcluded: false),
    ]

    @Test("follows rsync's patterns", arguments: matches)
    func pattern(match: Match) throws {
        var list = FilterList()
        try list.append(argument: Array(match.pattern.utf8), isInclude: false)
        let name = Array(match.name.utf8)
        let isExcluded = list.isExcluded(name.span, isDirectory: match.isDirectory, side: .sender)
        #expect(isExcluded == match.isExcluded)
    }

    @Test("lets the first match decide, and the sides")
    func order() throws {
        var list = FilterList()
        try list.append(argument: Array("+ keep.o".utf8), isInclude: false)
        try list.append(argument: Array("*.o".utf8), isInclude: false)
        try list.append(line: Array("protect *.log".utf8))
        try list.append(line: Array("-!s *.*".utf8))
        try list.append(line: Array("-rp tmp".utf8))
        func isExcluded(_ name: String, _ side: FilterRule.Sides, isInDeletedDirectory: Bool = false) -> Bool {
            let name = Array(name.utf8)
            return list.isExcluded(
                name.span,
                isDirectory: false,
                side: side,
                isInDeletedDirectory: isInDeletedDirectory
            )
        }
        #expect(!isExcluded("keep.o", .sender))
        #expect(isExcluded("other.o", .sender) && isExcluded("other.o", .receiver))
        #expect(isExcluded("a.log", .receiver) && !isExcluded("a.log", .sender))
        #expect(isExcluded("plain", .sender) && !isExcluded("plain", .receiver))
        #expect(isExcluded("tmp", .receiver) && !isExcluded("tmp", .receiver, isInDeletedDirectory: true))
        try list.append(argument: [UInt8(ascii: "!")], isInclude: false)
        #expect(list.isEmpty)
    }

    @Test("an empty pattern is refused")
    func emptyPattern() {
        var list = FilterList()
        #expect(throws: FilterError.self) { try list.append(argument: Array("- ".utf8), isInclude: false) }
    }

    @Test("bounds the time of hostile patterns", .timeLimit(.minutes(10)))
    func hostile() throws {
        var list = FilterList()
        let pattern = String(repeating: "*a", count: 40) + "b"
        try list.append(argument: Array(pattern.utf8), isInclude: false)
        try list.append(
            argument: Array(String(repeating: "**a", count: 40).utf8) + [UInt8(ascii: "b")],
            isInclude: false
        )
        let name = [UInt8](repeating: UInt8(ascii: "a"), count: 250)
        // The thread's own time: how loaded the machine is does not matter.
        let start = nanoseconds(CLOCK_THREAD_CPUTIME_ID)
        let isExcluded = list.isExcluded(name.span, isDirectory: false, side: .sender)
        #expect(nanoseconds(CLOCK_THREAD_CPUTIME_ID) - start < 5_000_000_000)
        #expect(!isExcluded)
    }

    private func nanoseconds(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    @Suite("FilterList and rsync")
    struct InteropTests {
        @Test(
            "leaves out what rsync leaves out",
            .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/rsync"), "rsync is not installed"),
            .timeLimit(.minutes(10))
        )
        func interop() throws {
            let directory = try TemporaryDirectory()
            var random = SeededRandom(seed: 20_261_121)
            let names = ["a", "b", "ab", "a.b", "ba", "x*", "[a]", "c\\d", "A1"]
            var paths: [(path: String, isDirectory: Bool)] = []
            func fill(_ prefix: String, depth: Int) throws {
                for name in names {
                    let path = prefix + name
                    let isDirectory = depth < 3 && ["a", "ab", "ba"].contains(name)
                    paths.append((path, isDirectory))
                    if isDirectory {
                        try FileManager.default.createDirectory(
                            atPath: directory.file("src/" + path),
                            withIntermediateDirectories: true
                        )
                        try fill(path + "/", depth: depth + 1)
                    } else {
                        try Data().write(to: URL(fileURLWithPath: directory.file("src/" + path)))
                    }
                }
            }
            try FileManager.default.createDirectory(atPath: directory.file("src"), withIntermediateDirectories: true)
            try fill("", depth: 1)
            let parts = [
                "a", "b", "ab", "*", "**", "***", "?", "/", "/", "[ab]", "[!a]", ".", "\\", "a/", "[[:alpha:]]", "x",
            ]
            for _ in 0..<100 {
                let patterns = (0..<Int.random(in: 1...2, using: &random)).map { _ in
                    (0..<Int.random(in: 1...5, using: &random)).map { _ in
                        parts.randomElement(using: &random) ?? "a"
                    }.joined()
                }
                let kinds = patterns.map { _ in Bool.random(using: &random) }
                var list = FilterList()
                var arguments = ["-nr", "--out-format=%n"]
                for (pattern, isInclude) in zip(patterns, kinds) {
                    try list.append(argument: Array(pattern.utf8), isInclude: isInclude)
                    arguments.append((isInclude ? "--include=" : "--exclude=") + pattern)
                }
                try list.append(argument: Array("b*".utf8), isInclude: false)
                arguments += ["--exclude=b*", directory.file("src") + "/", directory.file("dst") + "/"]
                let theirs = try listing(arguments).filter { $0 != "./" && !$0.hasPrefix("created directory") }
                var ours: Set<String> = []
                var skipped: [String] = []
                for (path, isDirectory) in paths where !skipped.contains(where: { path.hasPrefix($0) }) {
                    let name = Array(path.utf8)
                    if list.isExcluded(name.span, isDirectory: isDirectory, side: .sender) {
                        if isDirectory { skipped.append(path + "/") }
                    } else {
                        ours.insert(isDirectory ? path + "/" : path)
                    }
                }
                #expect(
                    ours.symmetricDifference(theirs) == [],
                    "\(zip(patterns, kinds).map { "\($1 ? "+" : "-") \($0)" })"
                )
            }
        }

        private func listing(_ arguments: [String]) throws -> [String] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/rsync")
            process.arguments = arguments
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let data = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            // rsync shows a backslash before three digits as an escape; these names have none.
            return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }
}
