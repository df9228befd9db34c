import Checksums
import Foundation
import RsyncEngine
import RsyncOptions
import RsyncWire
import TestSupport
import Testing

/// How one run of the property is set up.
struct MirrorCase: Sendable, CustomTestStringConvertible {
    var name: String
    var seed: UInt64
    var route: Route
    var change: @Sendable (inout TransferOptions) -> Void = { _ in }

    var testDescription: String { "\(name), \(route), seed \(seed)" }

    var options: TransferOptions {
        var options = TransferOptions.mirror
        change(&options)
        return options
    }
}

@Suite("Mirror properties")
struct MirrorPropertyTests {
    private static let plain: [MirrorCase] = Route.allCases.flatMap { route in
        (1...4).map { MirrorCase(name: "plain", seed: UInt64($0), route: route) }
    }

    private static let varied: [MirrorCase] = [Route.push, .pull].flatMap { route in
        [
            MirrorCase(name: "whole list", seed: 11, route: route) { $0.wire.incrementalRecursion = false },
            MirrorCase(name: "whole list", seed: 12, route: route) { $0.wire.incrementalRecursion = false },
            MirrorCase(name: "protocol 31", seed: 13, route: route) { $0.wire.protocolVersion = 31 },
            MirrorCase(name: "protocol 30", seed: 14, route: route) { $0.wire.protocolVersion = 30 },
            MirrorCase(name: "protocol 30, whole list", seed: 15, route: route) {
                $0.wire.protocolVersion = 30
                $0.wire.incrementalRecursion = false
            },
            MirrorCase(name: "sparse", seed: 16, route: route) { $0.placement.sparse = true },
            MirrorCase(name: "whole files", seed: 17, route: route) { $0.wire.wholeFile = true },
            MirrorCase(name: "in place", seed: 18, route: route) { $0.placement.inPlace = true },
            MirrorCase(name: "sums", seed: 19, route: route) { $0.comparison.checksum = true },
            MirrorCase(name: "time limit", seed: 20, route: route) { $0.wire.timeout = 30 },
            MirrorCase(name: "names of ids", seed: 21, route: route) { $0.attributes.numericIDs = false },
        ]
    }

    private static let compressed = CompressionAlgorithm.allCases.enumerated().flatMap { number, algorithm in
        [Route.push, .pull].map { route in
            MirrorCase(name: "\(algorithm)", seed: UInt64(30 + number), route: route) {
                $0.wire.compress = true
                $0.wire.compressChoice = algorithm
            }
        }
    }

    private static let checksums = ChecksumAlgorithm.allCases.enumerated().flatMap { number, algorithm in
        [Route.push, .pull].map { route in
            MirrorCase(name: "\(algorithm)", seed: UInt64(40 + number), route: route) {
                $0.wire.checksumChoice = algorithm
            }
        }
    }

    private static let local = [
        MirrorCase(name: "in place", seed: 51, route: .local) { $0.placement.inPlace = true },
        MirrorCase(name: "sparse", seed: 52, route: .local) { $0.placement.sparse = true },
        MirrorCase(name: "sums", seed: 53, route: .local) { $0.comparison.checksum = true },
        MirrorCase(name: "whole files", seed: 54, route: .local) { $0.wire.wholeFile = true },
    ]

    @Test("a destination becomes its source, and stays it", .timeLimit(.minutes(10)), arguments: plain + varied + local)
    func mirrors(_ setup: MirrorCase) throws { try check(setup) }

    @Test("every compression carries a tree", .timeLimit(.minutes(10)), arguments: compressed)
    func mirrorsCompressed(_ setup: MirrorCase) throws { try check(setup) }

    @Test("every checksum carries a tree", .timeLimit(.minutes(10)), arguments: checksums)
    func mirrorsWithSums(_ setup: MirrorCase) throws { try check(setup) }

    private func check(_ setup: MirrorCase) throws {
        let directory = try TemporaryDirectory(parent: "/dev/shm")
        let source = directory.file("source")
        let destination = directory.file("destination")
        for path in [source, destination] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
        var tree = RandomTree(root: source, seed: setup.seed)
        try tree.fill(40)
        try step(setup, source, destination)
        try tree.edit(30)
        try step(setup, source, destination)
    }

    /// Dry run, real run, and a second real run that has nothing to do.
    private func step(_ setup: MirrorCase, _ source: String, _ destination: String) throws {
        var wanted = try TreeSnapshot(source)
        let original = wanted
        if !setup.options.wire.dialect.listsNanoseconds, setup.route != .local { wanted.dropNanoseconds() }
        let before = try TreeSnapshot(destination)
        var dry = setup.options
        dry.dryRun = true
        let preview = try setup.route.copy(source, to: destination, dry)
        #expect(preview.client.exitCode == 0, "\(preview.description)")
        let untouched = try TreeSnapshot(destination)
        #expect(untouched.differences(from: before) == [], "a dry run changed something")
        #expect(untouched.identities == before.identities, "a dry run touched something")

        let real = try setup.route.copy(source, to: destination, setup.options)
        try #require(real.client.exitCode == 0 && real.server.exitCode == 0, "\(real.description)")
        let after = try TreeSnapshot(destination)
        #expect(wanted.differences(from: after) == [])
        #expect(try TreeSnapshot(source).differences(from: original) == [], "the source changed")
        let (promised, done) = (Set(preview.observer.items), Set(real.observer.items))
        #expect(promised.subtracting(done) == [], "only the dry run reported these")
        #expect(done.subtracting(promised) == [], "the dry run did not report these")
        #expect(preview.observer.deletions.sorted() == real.observer.deletions.sorted())

        let again = try setup.route.copy(source, to: destination, setup.options)
        #expect(again.client.exitCode == 0, "\(again.description)")
        #expect(again.client.statistics.transferredFiles == 0)
        #expect(again.observer.items == [])
        #expect(again.observer.deletions == [])
        #expect(try TreeSnapshot(destination).identities == after.identities, "the second pass touched something")
    }
}
