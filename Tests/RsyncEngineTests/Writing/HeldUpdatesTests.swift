import Checksums
import Foundation
import RsyncOptions
import RsyncWire
import Synchronization
import TestSupport
import Testing

@testable import RsyncEngine

/// Files that get their names at the end of the transfer (`--delay-updates`).
@Suite("Held updates")
struct HeldUpdatesTests {
    private static var options: TransferOptions {
        var options = TransferOptions.mirror
        options.placement.delaysUpdates = true
        return options
    }

    private static func digest(_ bytes: [UInt8], _ server: HostileServer) -> [UInt8] {
        var sum = StreamingChecksum(server.parameters.transferRecipe)
        sum.update(bytes.span.bytes)
        return sum.finish().bytes
    }

    @Test("no file has its name while others may still come, and what is complete stays for the next run")
    func interrupted() throws {
        let place = try Place()
        try place.write([9], place.destination + "/f")
        let content = Array("abcde".utf8)
        let result = try HostileServer.pull(into: place, options: Self.options) { server in
            #expect(!server.parameters.isIncremental)
            // A whole list is numbered from 0.
            _ = try server.awaitRequestWithSums(HostileServer.file - HostileServer.root)
            try server.answer(HostileServer.file - HostileServer.root)
            try server.send(content, sum: Self.digest(content, server))
            try server.output.index(SpecialIndex.done)
            throw HostileServer.Ends()
        }
        #expect(result.exitCode == 12)
        #expect(try place.read(place.destination + "/f") == [9])
        #expect(try place.read(place.destination + "/.~tmp~/f") == content)
    }

    @Test("all files get their names after the last one has arrived, and before deletions", arguments: Route.allCases)
    func together(route: Route) throws {
        let place = try Place()
        for parent in [place.source, place.destination] {
            try FileManager.default.createDirectory(atPath: parent + "/d", withIntermediateDirectories: true)
        }
        for name in ["a", "b", "d/c"] {
            try place.write(knownBytes(100_000), place.source + "/" + name)
            try place.write([1], place.destination + "/" + name)
        }
        try place.write([1], place.destination + "/gone")
        let early = Mutex<[String]>([])
        let told = Mutex<Set<String>>([])
        let observer = RecordingObserver { name in
            told.withLock { _ = $0.insert(name) }
            guard let bytes = try? place.read(place.destination + "/" + name), bytes.count > 1 else { return }
            early.withLock { $0.append(name) }
        }
        var options = Self.options
        options.deletion.time = .after
        let outcome = try route.copy(place.source, to: place.destination, options, observer: observer)
        #expect(outcome.client.exitCode == 0, "\(outcome.description)")
        #expect(early.withLock { $0 } == [])
        #expect(told.withLock { $0.isSuperset(of: ["a", "b", "d/c"]) })
        #expect(try place.names() == ["a", "b", "d", "d/c"])
        #expect(try place.read(place.destination + "/d/c") == knownBytes(100_000))
    }

    @Test("files of one name do not wait under one name", arguments: Route.allCases)
    func equalNames(route: Route) throws {
        let place = try Place()
        for parent in [place.source, place.destination] {
            for name in ["d", "e"] {
                try FileManager.default.createDirectory(atPath: parent + "/" + name, withIntermediateDirectories: true)
            }
        }
        for (number, name) in ["d/f", "e/f"].enumerated() {
            try place.write(knownBytes(100_000 + number), place.source + "/" + name)
        }
        var options = Self.options
        options.deletion.isOn = false
        let base = route == .daemonPush ? "" : place.destination
        options.placement.partialDirectory = Array((base + "/parts").utf8)
        let outcome = try route.copy(place.source, to: place.destination, options)
        #expect(outcome.client.exitCode == 0, "\(outcome.description)")
        #expect(try place.read(place.destination + "/d/f") == knownBytes(100_000))
        #expect(try place.read(place.destination + "/e/f") == knownBytes(100_001))
    }

    @Test("more files are held than may be requested at a time", arguments: [(Route.local, 4200), (.push, 10_100)])
    func many(route: Route, count: Int) throws {
        let place = try Place()
        for number in 0..<count { try place.write([1], place.source + "/\(number)") }
        let outcome = try route.copy(place.source, to: place.destination, Self.options)
        #expect(outcome.client.exitCode == 0, "\(outcome.description)")
        #expect(try place.names().count == count)
    }
}
