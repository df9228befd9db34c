import LinuxSystem
import Synchronization

/// How many entries can be created before the inodes of a volume's file system may be scarce.
///
/// ## Concurrency model
/// Relaxed atomics: an entry is counted before it is created, so the file system is asked too early rather than too late.
final class InodeAllowance: Sendable {
    private let created = Atomic<Int64>(0)
    /// The number of created entries up to which the last answer rules out that inodes are scarce.
    private let limit = Atomic<Int64>(0)

    /// Counts an entry that is about to be created.
    func noteCreation() { created.add(1, ordering: .relaxed) }

    /// The number of entries created so far; nil while the last answer rules out that inodes are scarce.
    var countToAsk: Int64? {
        let count = created.load(ordering: .relaxed)
        return count < limit.load(ordering: .relaxed) ? nil : count
    }

    /// Stores an answer.
    ///
    /// - Parameters:
    ///   - spare: How many free inodes there are above those that are scarce.
    ///   - count: How many entries had been created before the file system was asked.
    func store(spare: Int64, after count: Int64) {
        // Other processes create entries, too: half is left to them.
        limit.store(count.addingClamped(spare / 2), ordering: .relaxed)
    }
}

extension Volume {
    /// Fewer free inodes than this are scarce: far more than are received ahead of their names otherwise.
    static let scarceInodes: Int64 = 4096

    /// Whether each file that replaces another must have its name before the next one is created: until then it takes an
    /// inode that the check of a target has not counted.
    ///
    /// The file system is asked only when what was created since its last answer could have made inodes scarce.
    ///
    /// - Returns: False also if the file system does not answer.
    package func lacksInodes() -> Bool {
        guard let count = features.inodes.countToAsk, let space = try? space() else { return false }
        // Without a number of inodes, the file system makes them as needed.
        let spare = space.inodes > 0 ? space.freeInodes - Self.scarceInodes : .max
        features.inodes.store(spare: max(0, spare), after: count)
        return spare < 0
    }
}
