import Foundation
import RsyncOptions
import RsyncWire
import TestSupport
import Testing

@testable import RsyncEngine

/// Which name of a file leads the others (protocol specification, transfer 6).
@Suite("Hard links", .timeLimit(.minutes(10)))
struct HardLinkTests {
    /// A source and a destination with one file under several names.
    private struct Names {
        let place: Place
        let names: [String]

        init(_ names: [String], there: [String] = []) throws {
            place = try Place()
            self.names = names
            try write(names, in: place.source)
            try write(there, in: place.destination)
        }

        /// Creates a file with these names, of the same time everywhere.
        private func write(_ names: [String], in root: String) throws {
            for (number, name) in names.enumerated() {
                let path = root + "/" + name
                let parent = (path as NSString).deletingLastPathComponent
                try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
                guard number == 0 else {
                    link(root + "/" + names[0], path)
                    continue
                }
                try place.write([1, 2, 3], path)
                utimes(path, [timeval(tv_sec: 5, tv_usec: 0), timeval(tv_sec: 5, tv_usec: 0)])
            }
        }

        /// Puts a directory that cannot be removed in the place of a name.
        func block(_ name: String) throws {
            let path = place.destination + "/" + name + "/kept"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        /// How many names of the destination are one file with the first of these.
        func linkCount(_ names: [String]) -> Int {
            let inodes = names.map { name in
                var status = stat()
                return stat(place.destination + "/" + name, &status) == 0 ? status.st_ino : 0
            }
            return inodes.count { $0 == inodes[0] && $0 != 0 }
        }
    }

    private static var options: TransferOptions {
        var options = TransferOptions()
        options.setArchive()
        options.attributes.hardLinks = true
        return options
    }

    private static func lines(_ outcome: Outcome) -> [String] {
        outcome.observer.items.filter { !$0.name.isEmpty && $0.name != "." && !$0.link.isEmpty }
            .map { "\($0.name) => \($0.link)" }.sorted()
    }

    @Test("new names are linked to one that exists in a directory that is listed later", arguments: Route.allCases)
    func listedLater(route: Route) throws {
        let names = try Names(["a/1", "b/2", "c/3", "d/4"], there: ["c/3"])
        let before = try names.place.inode("c/3")
        let outcome = try route.copy(names.place.source, to: names.place.destination, Self.options)
        #expect(outcome.client.exitCode == 0, "\(outcome.description)")
        #expect(Self.lines(outcome) == ["a/1 => c/3", "b/2 => c/3", "d/4 => c/3"])
        #expect(names.linkCount(names.names) == 4)
        #expect(try names.place.inode("c/3") == before)
    }

    @Test("the last name is transferred when none exists", arguments: Route.allCases)
    func noneExists(route: Route) throws {
        let names = try Names(["a/1", "b/2", "b/x", "c/3"])
        let outcome = try route.copy(names.place.source, to: names.place.destination, Self.options)
        #expect(outcome.client.exitCode == 0, "\(outcome.description)")
        #expect(Self.lines(outcome) == ["a/1 => c/3", "b/2 => c/3", "b/x => c/3"])
        #expect(names.linkCount(names.names) == 4)
    }

    @Test(
        "names whose place is taken do not keep the others away",
        arguments: Route.allCases,
        [["c/3"], ["b/2", "c/3"]]
    )
    func taken(route: Route, blocked: [String]) throws {
        let names = try Names(["a/1", "b/2", "b/x", "c/3"])
        for name in blocked { try names.block(name) }
        let outcome = try route.copy(names.place.source, to: names.place.destination, Self.options)
        #expect(outcome.client.exitCode == 23, "\(outcome.description)")
        let others = names.names.filter { !blocked.contains($0) }
        #expect(names.linkCount(others) == others.count)
    }

    @Test("a file none of whose many names can be created is an error for each", arguments: Route.allCases)
    func allTaken(route: Route) throws {
        let all = (0..<1000).map { "n\($0)" }
        let names = try Names(all)
        for name in all { try names.block(name) }
        let outcome = try route.copy(names.place.source, to: names.place.destination, Self.options)
        #expect(outcome.client.exitCode == 23, "\(outcome.description)")
        #expect(outcome.observer.messages.count { $0.contains("could not make way for") } == all.count)
    }

    @Test(
        "a name that an alternate directory has leads the others",
        arguments: Route.allCases,
        [AlternateUse.copy, .link]
    )
    func alternate(route: Route, use: AlternateUse) throws {
        let names = try Names(["a/1", "b/2", "c/3"])
        let other = names.place.destination + "/other"
        try FileManager.default.createDirectory(atPath: other + "/b", withIntermediateDirectories: true)
        try names.place.write([1, 2, 3], other + "/b/2")
        utimes(other + "/b/2", [timeval(tv_sec: 5, tv_usec: 0), timeval(tv_sec: 5, tv_usec: 0)])
        var options = Self.options
        options.placement.alternates = [Array("other".utf8)]
        options.placement.alternateUse = use
        let outcome = try route.copy(names.place.source, to: names.place.destination, options)
        #expect(outcome.client.exitCode == 0, "\(outcome.description)")
        #expect(Self.lines(outcome) == ["a/1 => b/2", "c/3 => b/2"])
        #expect(names.linkCount(names.names) == 3)
    }

    // MARK: waiting for lists

    private static func list(start: Int32, count: Int) -> FileList {
        let list = FileList(start: start, directory: -1)
        for number in 0..<count { _ = list.add(FileEntry(), parent: [], leaf: Array("\(number)".utf8).span) }
        return list
    }

    @Test("with hard links, a list is processed once 500 entries are known or no more will come")
    func pending() {
        var lists = PendingLists()
        lists.append(Self.list(start: 1, count: 498), nil)
        lists.append(Self.list(start: 500, count: 1), nil)
        #expect(lists.next(inWork: 0, keepsHardLinks: true) == nil)
        #expect(lists.next(inWork: 1, keepsHardLinks: true)?.list.start == 1)
        #expect(lists.next(inWork: 498, keepsHardLinks: true) == nil)
        lists.isComplete = true
        #expect(!lists.isFinished)
        #expect(lists.next(inWork: 498, keepsHardLinks: true)?.list.start == 500)
        #expect(lists.isFinished)
    }

    @Test("without hard links, a list is processed at once")
    func immediate() {
        var lists = PendingLists()
        lists.append(Self.list(start: 1, count: 1), nil)
        #expect(lists.next(inWork: 0, keepsHardLinks: false)?.list.start == 1)
        #expect(lists.next(inWork: 0, keepsHardLinks: false) == nil)
    }
}

extension Place {
    fileprivate func inode(_ name: String) throws -> UInt64 {
        var status = stat()
        try #require(stat(destination + "/" + name, &status) == 0)
        return UInt64(status.st_ino)
    }
}
