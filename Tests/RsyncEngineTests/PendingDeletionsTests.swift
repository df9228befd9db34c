import Testing

@testable import RsyncEngine

/// What is kept of deletions until it is known how many there are.
struct PendingDeletionsTests {
    @Test("names come back by directory and in order")
    func roundTrip() {
        var pending = PendingDeletions()
        pending.add([[97], [98, 99]], of: [46], entries: 7)
        pending.add([[255]], of: [100, 47, 101], entries: 1)
        #expect(pending.entries == 8)
        var found: [[UInt8]] = []
        pending.takeAll { directory, leaves in found += [directory] + leaves }
        #expect(found == [[46], [97], [98, 99], [100, 47, 101], [255]])
        found = []
        pending.takeAll { directory, leaves in found += [directory] + leaves }
        #expect(found.isEmpty)
    }

    @Test("names beyond the limit are counted and not kept")
    func bounded() {
        var pending = PendingDeletions()
        let names = [[UInt8]](repeating: [UInt8](repeating: 97, count: 255), count: 1000)
        for number in 0..<140 { pending.add(names, of: Array("\(number)".utf8), entries: 1000) }
        #expect(pending.isOverfull)
        #expect(pending.entries == 140_000)
        var count = 0
        pending.takeAll { _, leaves in count += leaves.count }
        #expect(count == 0)
    }
}
