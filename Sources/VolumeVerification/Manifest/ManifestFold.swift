import Checksums

/// Folds the records of a manifest into the digests of directories.
///
/// The digest of an entry is the leaf of its record, that of a directory the leaf of its record and the root of what it
/// holds; what a directory holds is the Merkle tree over the digests of its entries (docs/manifest-format.md).
struct ManifestFold: ~Copyable {
    private struct Level {
        let record: [UInt8]
        var fold = TreeFold()
    }

    private var hasher: TreeHasher
    private var levels: [Level] = []
    private(set) var totals = ManifestTotals()

    init(_ function: TreeHashFunction) { hasher = TreeHasher(function) }

    /// How many directories have begun and not ended.
    var depth: Int { levels.count }

    mutating func enter(_ record: [UInt8], _ notes: EntryNotes) {
        levels.append(Level(record: record))
        count(notes)
    }

    mutating func add(_ record: [UInt8], size: Int64, _ notes: EntryNotes) {
        let digest = hasher.leaf(of: record.span)
        levels[levels.count - 1].fold.add(digest, &hasher)
        // Files of the greatest length can be more together than a number holds: the format counts modulo 2^64.
        totals.bytes &+= UInt64(max(0, size))
        count(notes)
    }

    /// Ends a directory.
    ///
    /// - Returns: The root of what it holds.
    mutating func leave(isChanging: Bool) -> TreeDigest {
        if isChanging { totals.changing += 1 }
        var level = levels.removeLast()
        let contents = level.fold.takeRoot(&hasher)
        var record = level.record
        contents.append(to: &record)
        let digest = hasher.leaf(of: record.span)
        if levels.isEmpty {
            (totals.root, totals.contents) = (digest, contents)
        } else {
            levels[levels.count - 1].fold.add(digest, &hasher)
        }
        return contents
    }

    /// Counts what vanished on the way, and what could not even be named.
    mutating func count(vanished: Int, failures: Int) {
        totals.changing += UInt64(vanished)
        totals.unreadable += UInt64(failures)
    }

    /// Takes over the counts of a manifest that is read, which are at least those of its entries.
    mutating func complete(changing: UInt64, unreadable: UInt64) {
        (totals.changing, totals.unreadable) = (changing, unreadable)
    }

    private mutating func count(_ notes: EntryNotes) {
        totals.entries += 1
        if notes.isChanging { totals.changing += 1 }
        if notes.isUnreadable { totals.unreadable += 1 }
    }
}
