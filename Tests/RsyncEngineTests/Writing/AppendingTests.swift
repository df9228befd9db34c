import Checksums
import Foundation
import RsyncOptions
import RsyncWire
import TestSupport
import Testing

@testable import RsyncEngine

/// Files that are continued (`--append`, `--append-verify`).
@Suite("Appending")
struct AppendingTests {
    typealias Form = (appending: Appending, version: Int32)

    private static let content = knownBytes(200_000)
    private static let kept = Array(content.prefix(70_000))

    private static func options(_ appending: Appending, _ version: Int32 = Dialect.supported.upperBound)
        -> TransferOptions
    {
        var options = TransferOptions.mirror
        options.wire.protocolVersion = version
        options.placement.appending = appending
        return options
    }

    /// A destination file with an older time.
    private static func plant(_ bytes: [UInt8], _ name: String, in place: Place) throws {
        let path = place.destination + "/" + name
        try place.write(bytes, path)
        utimes(path, [timeval(tv_sec: 5, tv_usec: 0), timeval(tv_sec: 5, tv_usec: 0)])
    }

    @Test(
        "what is there is checked with --append-verify and before protocol 30, and only then",
        arguments: [(.trusting, 27), (.trusting, 29), (.trusting, 32), (.verifying, 29), (.verifying, 32)] as [Form],
        Route.allCases
    )
    func damaged(form: Form, route: Route) throws {
        let (appending, version) = form
        let place = try Place()
        for name in ["damaged", "grown", "longer", "new"] { try place.write(Self.content, place.source + "/" + name) }
        var damaged = Self.kept
        damaged[100] ^= 1
        try Self.plant(damaged, "damaged", in: place)
        try Self.plant(Self.kept, "grown", in: place)
        try Self.plant(Self.content + [1], "longer", in: place)
        let outcome = try route.copy(place.source, to: place.destination, Self.options(appending, version))
        #expect(outcome.client.exitCode == 0, "\(outcome.description)")
        for name in ["grown", "new"] { #expect(try place.read(place.destination + "/" + name) == Self.content) }
        #expect(try place.read(place.destination + "/longer") == Self.content + [1])
        let isChecked = appending == .verifying || version < 30
        let expected = isChecked ? Self.content : damaged + Self.content[damaged.count...]
        #expect(try place.read(place.destination + "/damaged") == expected)
    }

    @Test(
        "a file that has another length than the sender was told is sent again",
        arguments: [10, 100_000],
        [Appending.trusting, .verifying]
    )
    func restlessFile(length: Int, appending: Appending) throws {
        let place = try Place()
        let path = place.destination + "/f"
        try Self.plant(Array("ab".utf8), "f", in: place)
        let result = try HostileServer.pull(into: place, options: Self.options(appending)) { server in
            try server.output.flush()
            let head = try server.awaitAppending(HostileServer.file)
            #expect(head == [1, 700, 2, 2])
            try place.write([UInt8](repeating: 7, count: length), path)
            var sum = StreamingChecksum(server.parameters.transferRecipe)
            sum.update((appending == .trusting ? Array("cde".utf8) : Array("abcde".utf8)).span.bytes)
            try server.answer(HostileServer.file, head: head)
            try server.send(Array("cde".utf8), sum: sum.finish().bytes)
            _ = try server.awaitRequestWithSums(HostileServer.file)
            sum = StreamingChecksum(server.parameters.transferRecipe)
            sum.update(Array("abcde".utf8).span.bytes)
            try server.answer(HostileServer.file)
            try server.send(Array("abcde".utf8), sum: sum.finish().bytes)
            try server.sayGoodbye()
        }
        #expect(result.exitCode == 0, "\(result.failure.map { "\($0)" } ?? "no failure")")
        #expect(try place.read(path) == Array("abcde".utf8))
    }

    @Test(
        "a sender that continues a file from another length is stopped",
        arguments: [[1, 700, 2, 3], [2, 700, 2, 0]]
    )
    func otherLength(head: [Int32]) throws {
        let place = try Place()
        try Self.plant(Array("ab".utf8), "f", in: place)
        let result = try HostileServer.pull(into: place, options: Self.options(.trusting)) { server in
            _ = try server.awaitAppending(HostileServer.file)
            try server.answer(HostileServer.file, head: head)
            try server.send(Array("cde".utf8), sum: [UInt8](repeating: 0, count: 16))
        }
        #expect(result.exitCode == 2, "\(result.failure.map { "\($0)" } ?? "no failure")")
        #expect(try place.read(place.destination + "/f") == Array("ab".utf8))
    }
}

extension HostileServer {
    /// Reads the client's requests up to the one that continues a file.
    ///
    /// - Returns: The sum head.
    fileprivate func awaitAppending(_ wanted: Int32) throws -> [Int32] {
        try output.flush()
        while true {
            let index = try input.index()
            guard index >= 0, try Item.read(from: input).flags.contains(.transfer) else { continue }
            let head = try (0..<4).map { _ in try input.int32("a sum head") }
            if index == wanted { return head }
        }
    }
}
