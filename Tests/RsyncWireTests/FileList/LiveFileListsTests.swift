import RsyncWire
import TestSupport
import Testing

@Suite("Live file lists")
struct LiveFileListsTests {
    /// Takes a list with these names; a slash at the end makes a directory.
    private func append(_ names: [String], directory: Int32 = -1, to lists: inout LiveFileLists) -> FileList {
        let list = FileList(start: lists.nextStart, directory: directory)
        for name in names {
            let isDirectory = name.hasSuffix("/") || name == "."
            list.add(name.hasSuffix("/") ? String(name.dropLast()) : name, mode: isDirectory ? 0o040755 : 0o100644)
        }
        list.sort()
        lists.append(list)
        return list
    }

    private func describe(_ lists: LiveFileLists, _ index: Int32) -> String {
        do throws(WireError) {
            let found = try lists.resolve(index)
            return String(decoding: found.name, as: UTF8.self) + (found.isDirectoryOfList ? "/" : "")
        } catch {
            return "exit \(error.exitCode)"
        }
    }

    @Test("number entries, and name the directory of a list with the number before it")
    func numbers() throws {
        var lists = LiveFileLists(isIncremental: true)
        _ = append([".", "f", "d/", "e/"], to: &lists)
        #expect(try lists.open(1) == Array("d".utf8))
        _ = append(["d/x", "d/y"], directory: 1, to: &lists)
        #expect(try lists.open(2) == Array("e".utf8))
        _ = append([], directory: 2, to: &lists)
        let expected = ["./", ".", "f", "d", "e", "d/", "d/x", "d/y", "e/", "exit 2"]
        #expect((0..<10).map { describe(lists, $0) } == expected)
        for index in [-1, -2, -50, 10, .max] as [Int32] { #expect(describe(lists, index) == "exit 2") }
        lists.releaseOldest()
        #expect((0..<10).map { describe(lists, $0) } == Array(repeating: "exit 2", count: 5) + expected[5...])
        #expect(lists.entryCount == 2)
        lists.releaseOldest()
        #expect(describe(lists, 8) == "e/")
        lists.releaseOldest()
        #expect(lists.footprint == 0)
        #expect(lists.releaseOldest() == nil)
    }

    @Test("without incremental recursion there is one list from 0 on")
    func whole() {
        var lists = LiveFileLists(isIncremental: false)
        _ = append([".", "a/", "a/b"], to: &lists)
        #expect((-1..<4).map { describe(lists, $0) } == ["exit 2", ".", "a", "a/b", "exit 2"])
        #expect(throws: WireError.self) { _ = try lists.open(1) }
        #expect(throws: WireError.self) { try lists.finish() }
    }

    @Test("the first list has no number 0 without a `.`")
    func noRoot() {
        var lists = LiveFileLists(isIncremental: true)
        _ = append(["d/", "f"], to: &lists)
        #expect((0..<3).map { describe(lists, $0) } == ["exit 2", "f", "d"])
    }

    @Test("a directory is listed once, before the end, and while lists live")
    func refusals() throws {
        var lists = LiveFileLists(isIncremental: true)
        #expect(throws: WireError.self) { _ = try lists.open(0) }
        _ = append([".", "d/", "e/"], to: &lists)
        for number in [0, 3, -1, .min] as [Int32] { #expect(throws: WireError.self) { _ = try lists.open(number) } }
        _ = try lists.open(1)
        #expect(throws: WireError.self) { _ = try lists.open(1) }
        #expect(lists.hasOpenDirectories)
        try lists.finish()
        #expect(throws: WireError.self) { _ = try lists.open(2) }
        #expect(throws: WireError.self) { try lists.finish() }
    }

    @Test("directories with the same name share a list")
    func sharedLists() {
        var lists = LiveFileLists(isIncremental: true)
        _ = append([".", ".", "d/", "d/", "e/"], to: &lists)
        #expect(lists.nextDirectory() == 2..<4)
        _ = append([], directory: 2, to: &lists)
        #expect(lists.nextDirectory() == 4..<5)
        _ = append([], directory: 4, to: &lists)
        #expect(lists.nextDirectory() == nil)
    }

    @Test("the traversal is depth first in sorted order, and what is released leaves nothing")
    func traversal() {
        let tree = ["": ["b/", "a/", "f"], "a": ["a/z/", "a/c/"], "b": ["b/q/"], "a/c": ["a/c/y/"]]
        var lists = LiveFileLists(isIncremental: true)
        _ = append(["."] + tree["", default: []], to: &lists)
        var visited: [String] = []
        while let numbers = lists.nextDirectory() {
            let name = lists.directory(numbers.lowerBound).map { String(decoding: $0.name, as: UTF8.self) } ?? ""
            visited.append(name)
            _ = append(tree[name, default: []], directory: numbers.lowerBound, to: &lists)
        }
        #expect(visited == ["a", "a/c", "a/c/y", "a/z", "b", "b/q"])
        while lists.releaseOldest() != nil {}
        #expect(lists.footprint == 0)
    }
}
