import Foundation
import Glibc
import LinuxSystem
import RsyncOptions
import TestSupport
import Testing
import VolumeAccess

@testable import RsyncEngine

/// Where partial files are kept (rsync(1), `--partial-dir`).
@Suite("SideFiles")
struct SideFilesTests {
    private let directory: TemporaryDirectory
    private let volume: Volume

    init() throws {
        directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.file("to/there"), withIntermediateDirectories: true)
        volume = try Volume.open(path: directory.file("to"))
    }

    /// The path of the directory for the partial files of the destination's top; `TOP` in an option stands for the directory of the
    /// test.
    private func place(_ option: String, making isMaking: Bool = true) throws -> String? {
        var options = TransferOptions().placement
        options.partialDirectory = Array(option.replacingOccurrences(of: "TOP", with: directory.path).utf8)
        let path = SidePath(base: nil, basePath: [], destination: volume, rule: PathRule())
        let files = SideFiles(try SidePlaces(options, path, .ofReceiver()))
        let name = Array("f".utf8)
        guard let place = try files.partials(of: name[...], in: volume.root, making: isMaking) else { return nil }
        _ = try place.stage(name.span, replacing: false).commit(FileAttributes())
        let found = try FileManager.default.subpathsOfDirectory(atPath: directory.path).filter { $0.hasSuffix("/f") }
        #expect(found.count == 1)
        return found.first
    }

    @Test(
        "the last directory of the path is made, with a slash after it or without",
        arguments: [
            ("parts", "to/parts/f"), ("parts/", "to/parts/f"), ("parts//", "to/parts/f"),
            ("there/parts/", "to/there/parts/f"), ("there/", "to/there/f"), ("TOP/parts", "parts/f"),
            ("TOP/parts/", "parts/f"), ("TOP/to/there/parts//", "to/there/parts/f"),
        ]
    )
    func made(option: String, expected: String) throws {
        #expect(try place(option) == expected)
    }

    @Test(
        "a directory whose parent is missing cannot be made, and that is an error; none is looked for there",
        arguments: ["no/parts", "no/parts/", "TOP/no/parts", "TOP/no/parts/"]
    )
    func missingParent(option: String) throws {
        #expect(try place(option, making: false) == nil)
        let error = #expect(throws: VolumeError.self) { try place(option) }
        #expect(error?.number == ENOENT)
    }
}
