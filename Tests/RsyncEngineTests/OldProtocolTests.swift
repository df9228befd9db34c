import Foundation
import RsyncEngine
import RsyncOptions
import RsyncWire
import TestSupport
import Testing

/// What differs between versions beyond bytes: the ends of phases, files that are not sent, files that are sent again.
@Suite("Protocol versions")
struct OldProtocolTests {
    private static let versions = Array(Dialect.supported)

    private static func options(_ version: Int32) -> TransferOptions {
        var options = TransferOptions.mirror
        options.wire.protocolVersion = version
        return options
    }

    @Test(
        "files that the sender leaves out do not hold up the others",
        arguments: versions,
        [Route.push, .daemonPush]
    )
    func unsent(version: Int32, route: Route) throws {
        let place = try Place()
        try place.write([1, 2], place.source + "/small")
        try place.write([UInt8](repeating: 1, count: 9), place.source + "/large")
        try place.write([UInt8](repeating: 2, count: 9), place.source + "/linked")
        for name in ["linked 2", "linked 3"] { link(place.source + "/linked", place.source + "/" + name) }
        var options = Self.options(version)
        // The receiver does not know the limit.
        options.limits.largestFile = 5
        let outcome = try route.copy(place.source, to: place.destination, options)
        #expect(outcome.client.exitCode == 23, "\(outcome.description)")
        #expect(outcome.server.failure == nil)
        #expect(try place.names() == ["small"])
    }

    @Test(
        "a file that shrinks while it is read is sent again, and is an error",
        arguments: versions,
        [Route.push, .daemonPush]
    )
    func redo(version: Int32, route: Route) throws {
        let place = try Place()
        let path = place.source + "/f"
        try place.write(knownBytes(300_000), path)
        try place.write([1], place.source + "/g")
        let observer = RecordingObserver(isEarly: true) { name in if name == "f" { truncate(path, 1000) } }
        let outcome = try route.copy(place.source, to: place.destination, Self.options(version), observer: observer)
        #expect(outcome.client.exitCode == 23, "\(outcome.description)")
        #expect(try place.read(place.destination + "/f") == Array(knownBytes(300_000).prefix(1000)))
        #expect(try place.names() == ["f", "g"])
    }

    @Test("what is below each of several sources is deleted from", arguments: versions)
    func severalSources(version: Int32) throws {
        let place = try Place()
        for name in ["a/x/f", "b/y/f"] {
            let path = place.source + "/" + name
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true
            )
            try place.write([1], path)
        }
        for name in ["a/x", "b/y"] {
            try FileManager.default.createDirectory(
                atPath: place.destination + "/" + name,
                withIntermediateDirectories: true
            )
            try place.write([1], place.destination + "/" + name + "/stale")
        }
        try place.write([1], place.destination + "/kept")
        let sources = try ["a", "b"].map { try SourceRoot.argument(Array((place.source + "/" + $0).utf8)) }
        let outcome = try Route.push.overShell(.push(sources, to: Array(place.destination.utf8)), Self.options(version))
        #expect(outcome.client.exitCode == 0, "\(outcome.description)")
        #expect(try place.names() == ["a", "a/x", "a/x/f", "b", "b/y", "b/y/f", "kept"])
    }
}
