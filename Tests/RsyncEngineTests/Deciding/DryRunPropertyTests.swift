import Foundation
import RsyncOptions
import TestSupport
import Testing

@testable import RsyncEngine

@Suite("Dry run properties")
struct DryRunPropertyTests {
    @Test("a dry run takes the decisions of the real run", .timeLimit(.minutes(15)), arguments: UInt64(1)...200)
    func sameDecisions(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let directory = try TemporaryDirectory(parent: "/dev/shm")
        let (source, destination) = (directory.file("source"), directory.file("destination"))
        let options = TransferOptions.random(&random)
        try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: false)
        var tree = RandomTree(root: source, seed: seed)
        try tree.fill(30)
        // Without -H, or in place, a change of one name changes the others that its file has, which no dry run foresees.
        let keepsLinks = options.attributes.hardLinks && !options.placement.inPlace
        let links = keepsLinks ? "--preserve=links" : "--no-preserve=links"
        try ChildProcess.run("/bin/cp", ["-a", links, source, destination])
        try tree.edit(24)
        var dry = options
        dry.dryRun = true
        let promised = try run(source, destination, dry)
        let done = try run(source, destination, options)

        #expect(!promised.decisions.isEmpty)
        let names = Set(promised.decisions.keys).union(done.decisions.keys).sorted()
        let differences = names.filter { promised.decisions[$0] != done.decisions[$0] }.map { name in
            "\(name): dry \(promised.decisions[name] ?? "nothing"), real \(done.decisions[name] ?? "nothing")"
        }
        #expect(differences == [], "\(options)")
        #expect(promised.exitCode == done.exitCode)
        #expect(promised.deletions == done.deletions)
        #expect(Set(promised.items).symmetricDifference(done.items) == [])
    }

    private struct Outcome {
        var exitCode: Int32
        var decisions: [String: String]
        var deletions: [String]
        var items: [RecordingObserver.Item]
    }

    private func run(_ source: String, _ destination: String, _ options: TransferOptions) throws -> Outcome {
        let (record, observer) = (DecisionRecord(), RecordingObserver())
        let transfer = LocalTransfer(options: options, observer: observer) { DecisionRecorder($0, record) }
        let result = transfer.run(
            [try .contents(of: source)],
            into: DestinationArgument(path: Array(destination.utf8))
        )
        // What is in place of a directory stays with --ignore-existing, and its contents are errors.
        let mayFail = options.comparison.ignoreExisting && result.exitCode == 23
        #expect(result.exitCode == 0 || mayFail, "\(observer.messages)")
        return Outcome(
            exitCode: result.exitCode,
            decisions: record.all,
            deletions: observer.deletions.sorted(),
            items: observer.items
        )
    }
}

extension TransferOptions {
    /// A random set of options that `decide` goes by.
    fileprivate static func random(_ random: inout SeededRandom) -> TransferOptions {
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
        var options = TransferOptions()
        options.selection.recursive = true
        options.attributes.links = chance(90)
        options.attributes.permissions = chance(70)
        options.attributes.times = chance(80)
        options.attributes.group = chance(60)
        options.attributes.owner = chance(60)
        options.attributes.devices = chance(80)
        options.attributes.specials = chance(80)
        options.attributes.hardLinks = chance(60)
        options.attributes.omitDirectoryTimes = chance(20)
        options.attributes.numericIDs = true
        options.comparison.checksum = chance(25)
        options.comparison.sizeOnly = chance(10)
        options.comparison.ignoreTimes = chance(10)
        options.comparison.modifyWindow = [nil, -1, 0, 1][Int.random(in: 0..<4, using: &random)]
        options.comparison.update = chance(15)
        options.comparison.existing = chance(10)
        options.comparison.ignoreExisting = chance(10)
        options.selection.largestSize = chance(10) ? 4096 : nil
        options.selection.smallestSize = chance(10) ? 16 : nil
        options.attributes.executability = chance(20)
        options.attributes.acls = chance(20)
        options.attributes.extended = chance(20) ? 1 : 0
        options.attributes.omitLinkTimes = chance(10)
        options.placement.inPlace = chance(20)
        options.placement.backup = chance(15)
        // Backups keep a directory from being deleted, which a dry run does not foresee.
        options.deletion.isOn = chance(70) && !options.placement.backup
        options.output.itemize = Int.random(in: 0...2, using: &random)
        return options
    }
}
