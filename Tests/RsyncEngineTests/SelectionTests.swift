import RsyncOptions
import RsyncWire
import TestSupport
import Testing

@testable import RsyncEngine

@Suite("Source arguments")
struct SelectionTests {
    /// How an argument of `--relative` is split (rsync(1), `--relative`; experiments with rsync 3.5.0).
    static let relativePaths: [(argument: String, base: String, name: String, takesContents: Bool)] = [
        ("foo/bar", "", "foo/bar", false), ("foo/bar/", "", "foo/bar", true), ("/a/b", "/", "/a/b", false),
        ("foo/./bar/baz", "foo", "bar/baz", false), ("/foo/./bar", "/foo", "bar", false),
        ("./foo//bar", "", "foo/bar", false),
        ("foo/.", "", "foo", true), (".", "", ".", true), ("/foo/./", "/foo", ".", true),
        ("a/./b/./c", "a", "b/c", false),
    ]

    @Test("--relative keeps what comes after /./", arguments: relativePaths)
    func relative(argument: String, base: String, name: String, takesContents: Bool) throws {
        let path = try #require(RelativePath(Array(argument.utf8)))
        #expect(String(decoding: path.base, as: UTF8.self) == base)
        #expect(String(decoding: path.name, as: UTF8.self) == name)
        #expect(path.takesContents == takesContents)
    }

    @Test("a path that leads upwards cannot be kept", arguments: ["a/../b", "../a", "a/./..", "/.."])
    func upwards(argument: String) { #expect(RelativePath(Array(argument.utf8)) == nil) }

    @Test("implied directories are sent once each, from the top down")
    func implied() {
        var implied = ImpliedDirectories()
        var sent: [String] = []
        for name in ["a/b/c", "a/b/d", "/x/y", "a", "a/e/f"] {
            implied.forEachNew(above: Array(name.utf8)) { sent.append(String(decoding: $0, as: UTF8.self)) }
        }
        #expect(sent == ["a", "a/b", "/x", "a/e"])
    }

    /// Protocol specification, transfer 14.8; rsync(1), `--copy-unsafe-links`.
    static let linkTargets: [(target: String, name: String, isUnsafe: Bool)] = [
        ("", "a", true), ("/etc", "a", true), ("b", "a", false), ("../b", "a", true), ("../b", "d/a", false),
        ("../../b", "d/a", true), ("b/../c", "d/a", true), ("..", "a", true), ("..", "d/a", false),
        ("b/..", "d/a", true), ("./b", "a", false), ("../d/../b", "x/a", true), ("..b/c", "a", false),
    ]

    @Test("links that may lead out of the transfer are unsafe", arguments: linkTargets)
    func unsafe(target: String, name: String, isUnsafe: Bool) {
        #expect(LinkTarget.isUnsafe(Array(target.utf8), at: Array(name.utf8)) == isUnsafe)
    }

    @Test("munged targets come back as they were")
    func munged() {
        let target = Array("../x".utf8)
        #expect(LinkTarget.unmunged(StoredTarget.munged.stored(target, depth: 0)) == target)
        #expect(LinkTarget.unmunged(target) == target)
        #expect(LinkTarget.unmunged(Array("/rsyncd-munged/".utf8)) == Array("/rsyncd-munged/".utf8))
    }

    @Test("names of --files-from: empty lines do not count, and none leads out of the source")
    func names() {
        let contents = Array("a\r\n# no\n;no\n\n/b/c\n../../d/\ne/.\n.\n".utf8)
        func names(hasComments: Bool) -> [String] {
            var names: [String] = []
            FileNames(file: contents, isNULSeparated: false, hasComments: hasComments).forEach { name in
                names.append(String(decoding: ArgumentQuoting.sanitised(name, keepsMark: true), as: UTF8.self))
            }
            return names
        }
        #expect(names(hasComments: true) == ["a", "b/c", "d/", "e/", "."])
        #expect(names(hasComments: false) == ["a", "# no", ";no", "b/c", "d/", "e/", "."])
        var zero: [String] = []
        FileNames(file: Array("a\nb\0\0#c\0d".utf8), isNULSeparated: true, hasComments: true).forEach {
            zero.append(String(decoding: $0, as: UTF8.self))
        }
        #expect(zero == ["a\nb", "d"])
    }
}

@Suite("Requested names")
struct RequestedNamesTests {
    private func list(_ names: [(name: String, isDirectory: Bool)]) -> FileList {
        let list = FileList(start: 0, directory: -1)
        for (name, isDirectory) in names {
            var entry = FileEntry()
            entry.mode = isDirectory ? 0o040755 : 0o100644
            if isDirectory { entry.flags = [.topDirectory, .hasContents] }
            _ = list.add(entry, path: Array(name.utf8))
        }
        list.sort()
        return list
    }

    private func isAccepted(_ names: [(String, Bool)], of paths: [String], relative: Bool = false) -> Bool {
        var selection = TransferOptions().selection
        if relative { selection.keepsPaths = true }
        let request = RequestedNames(paths: paths.map { Array($0.utf8) }, selection)
        do throws(WireError) {
            try request.check(list(names))
            return true
        } catch {
            return false
        }
    }

    @Test("a server may send what was requested, what is below it, and with --relative what is above it")
    func requested() {
        #expect(isAccepted([("b", true), ("b/c", false)], of: ["a/b"]))
        #expect(!isAccepted([("x", false)], of: ["a/b"]))
        #expect(isAccepted([("a", true), ("a/b", true), ("a/b/c", false)], of: ["a/b"], relative: true))
        #expect(!isAccepted([("a", true), ("a/x", false)], of: ["a/b"], relative: true))
        #expect(!isAccepted([("a", false)], of: ["a/b"], relative: true))
        #expect(isAccepted([("b", false)], of: ["x/./b"], relative: true))
        #expect(!isAccepted([("x", true)], of: ["x/./b"], relative: true))
        #expect(isAccepted([("a", true), ("a/any", false)], of: ["a/*"], relative: true))
        #expect(!isAccepted([("any", false)], of: ["a/*"], relative: true))
        #expect(isAccepted([("any", false)], of: ["a/*"]))
    }

    @Test("a directory that is only above what was requested has no contents to delete")
    func implied() throws {
        var selection = TransferOptions().selection
        selection.keepsPaths = true
        let list = list([("a", true), ("a/b", true)])
        try RequestedNames(paths: [Array("a/b".utf8)], selection).check(list)
        #expect(list.entries.map { $0.flags.contains(.hasContents) } == [false, true])
    }
}
