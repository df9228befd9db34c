import RsyncOptions
import TestSupport
import Testing

@testable import RsyncWire

@Suite("Lists of selected names")
struct ListSelectionTests {
    private func list(_ names: [String]) -> FileList {
        let list = FileList(start: 0, directory: -1)
        for name in names {
            var entry = FileEntry()
            entry.mode = name.hasSuffix("/") ? 0o040755 : 0o100644
            _ = list.add(entry, path: Array((name.hasSuffix("/") && name != "/" ? String(name.dropLast()) : name).utf8))
        }
        list.sort()
        return list
    }

    private func left(_ list: FileList) -> [String] {
        list.order.indices.map { list.entry(sorted: $0) }.filter { !$0.flags.contains(.blank) }
            .map { String(decoding: list.name(of: $0), as: UTF8.self) }
    }

    @Test("directories with nothing but directories in them are pruned, the root and protected ones are not")
    func prune() {
        let list = list(["./", "a/", "a/b/", "a/b/f", "c/", "c/d/", "e/", "e/keep/", "g", "ab/"])
        list.pruneEmptyDirectories { $0.elementsEqual(Array("e/keep".utf8)) }
        #expect(left(list) == [".", "g", "a", "a/b", "a/b/f", "e", "e/keep"])
    }

    @Test("names lose the slash that they were sorted with, and are still found")
    func slashes() {
        let list = list(["/b/", "/b/c", "a", "z/"])
        list.stripLeadingSlashes()
        for name in ["b", "b/c", "a", "z"] { #expect(list.position(ofName: Array(name.utf8).span) != nil, "\(name)") }
        #expect(list.position(ofName: Array("c".utf8).span) == nil)
    }

    private func decoded(_ names: [String], relative: Bool, recursive: Bool = false) throws -> [String] {
        var format = FileListFormat()
        format.isIncremental = false
        format.numericIDs = true
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        var encoder = FileListEncoder(format: format) { _, _ in nil }
        try encoder.encode(list(names), to: output)
        try encoder.encodeEnd(errorBits: 0, to: output)
        try output.flush()
        format.allowsAbsoluteNames = relative
        let copy = FileList(start: 0, directory: -1)
        var decoder = FileListDecoder(format: format)
        try decoder.decode(from: WireInput(source: ArraySource(sink.bytes)), into: copy, holding: 0)
        return left(copy)
    }

    @Test("a leading slash is accepted with --relative only, and removed")
    func absolute() throws {
        #expect(try decoded(["/a/", "/a/b"], relative: true) == ["a", "a/b"])
        #expect(exitCode { _ = try decoded(["/a"], relative: false) } == 4)
        #expect(exitCode { _ = try decoded(["/a/", "/a/../b"], relative: true) } == 4)
    }

    @Test("names of --files-from end with an empty one, and have bounds")
    func names() throws {
        let stream = Array("a\0b/c\0\0rest".utf8)
        let names = try FileNames.read(from: WireInput(source: ArraySource(stream)))
        #expect(names.bytes == Array("a\0b/c\0".utf8))
        let long = [UInt8](repeating: 0x61, count: 4096) + [0, 0]
        #expect(exitCode { _ = try FileNames.read(from: WireInput(source: ArraySource(long))) } == 22)
        #expect(exitCode { _ = try FileNames.read(from: WireInput(source: ArraySource([0x61]))) } == 12)
    }

    @Test("before protocol 31 names stand between the frames", arguments: [29, 30, 31] as [Int32])
    func unframed(version: Int32) throws {
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        output.dialect = Dialect(version)
        output.startMultiplexing()
        try output.int32(1)
        var names = FileNames()
        let isAdded = names.append(Array("a/b".utf8))
        #expect(isAdded)
        try names.write(to: output)
        try output.int32(2)
        try output.flush()
        // A frame of 4 bytes, then the names as they are.
        if version < 31 { #expect(Array(sink.bytes[8..<13]) == Array("a/b\0\0".utf8)) }
        let input = WireInput(source: ArraySource(sink.bytes))
        input.dialect = Dialect(version)
        input.startMultiplexing()
        #expect(try input.int32("a number") == 1)
        #expect(try FileNames.read(from: input) == names)
        #expect(try input.int32("a number") == 2)
    }
}
