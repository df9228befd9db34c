import Foundation
import LinuxSystem
import TestSupport
import Testing
import VolumeAccess

@testable import AgentControl

@Suite("Search for changes of a volume")
struct ChangeSearchTests {
    private let directory: TemporaryDirectory

    /// Three levels with two directories and three files each.
    init() throws {
        directory = try TemporaryDirectory()
        for first in ["a", "b"] {
            for second in ["a", "b"] {
                let path = directory.file("\(first)/\(second)")
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                for name in ["x", "y", "z"] {
                    try Data("content".utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
                }
            }
        }
    }

    private func volume() throws -> Volume { try Volume.open(path: directory.path) }

    @Test(
        "everything below the top is looked at once, and what changed later is found by its path",
        arguments: ["a/b/y", "b"]
    )
    func complete(path: String) throws {
        var all = ChangeSearch(after: Timestamp(seconds: 0, nanoseconds: 0))
        try all.run(in: try volume()) { (_) throws(ControlError) in }
        #expect(all.scanned == 18 && all.changed == 18 && all.first.count == ChangesRequest.listed)
        var status = stat()
        #expect(stat(directory.file("b/b/z"), &status) == 0)
        // Of the files made last; what is changed later has a later second.
        let moment = Timestamp(seconds: Int64(status.st_ctim.tv_sec) + 1, nanoseconds: 0)
        while status.st_ctim.tv_sec <= Int(moment.seconds) {
            #expect(chmod(directory.file(path), 0o755) == 0 && stat(directory.file(path), &status) == 0)
        }
        var search = ChangeSearch(after: moment)
        try search.run(in: try volume()) { (_) throws(ControlError) in }
        #expect(search.changed == 1 && search.first == [Array(path.utf8)] && search.scanned == 18)
    }

    @Test("somebody is told at each entry of a directory, and can end the search there")
    func told() throws {
        var search = ChangeSearch(after: Timestamp(seconds: Int64.max, nanoseconds: 0))
        var calls = 0
        try search.run(in: try volume()) { (_) throws(ControlError) in calls += 1 }
        #expect(calls == 18 && search.changed == 0)
        var ended = ChangeSearch(after: Timestamp(seconds: 0, nanoseconds: 0))
        #expect(throws: ControlError.self) {
            try ended.run(in: try volume()) { (scanned) throws(ControlError) in
                if scanned == 4 { throw .refused("enough") }
            }
        }
        #expect(ended.scanned == 4)
    }
}
