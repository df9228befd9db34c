import TestSupport
import Testing

@testable import VolumeVerification

@Suite("Sorting of names")
struct NameSorterTests {
    @Test(
        "names come in the order of their bytes, from memory and from runs on the disk",
        arguments: [20_000, 200_000, 1 << 20]
    )
    func order(limit: Int) throws {
        var random = SeededRandom(seed: 5)
        var names = Set<[UInt8]>()
        while names.count < 3000 {
            // Many share their first bytes, some are a prefix of others, and bytes above 127 sort after those below.
            let stem = ["a", "prefix-of-all-names-", ""][Int.random(in: 0..<3, using: &random)]
            let length = Int.random(in: 1...255 - stem.utf8.count, using: &random)
            names.insert(Array(stem.utf8) + (0..<length).map { _ in UInt8.random(in: 1...255, using: &random) })
        }
        var sorter = NameSorter(limit: limit)
        for name in names.shuffled(using: &random) { sorter.add(name.span) }
        var sorted = try sorter.finish()
        var taken: [[UInt8]] = []
        while let name = try sorted.take() { taken.append(name) }
        #expect(taken == names.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test("no names")
    func none() throws {
        var sorter = NameSorter()
        var sorted = try sorter.finish()
        #expect(try sorted.take() == nil)
    }
}
