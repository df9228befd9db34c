import RsyncWire
import Synchronization

/// Tracks how far the receiving side is in the lists: what it passed over without a request is up to date.
///
/// Requests come in list order except for hard links and redos, which make no difference here.
struct PassedEntries {
    /// The lowest index that is neither requested nor passed over.
    private var next: Int32 = 0

    /// Counts the entries before a requested one as done.
    ///
    /// - Parameters:
    ///   - index: The requested entry; it may be one that was already passed.
    ///   - lists: The live lists.
    ///   - progress: The counters to update.
    mutating func request(_ index: Int32, in lists: [FileList], _ progress: TransferProgress) {
        guard index >= next else { return }
        pass(to: index, in: lists, progress)
        progress.entriesDone.add(1, ordering: .relaxed)
        next = index + 1
    }

    /// Counts the rest of a list that the receiving side has ended.
    mutating func end(_ list: FileList, _ progress: TransferProgress) {
        let end = list.start + Int32(list.count)
        guard end > next else { return }
        pass(to: end, in: [list], progress)
    }

    private mutating func pass(to index: Int32, in lists: [FileList], _ progress: TransferProgress) {
        // In a first pass nothing is passed over, and there are many lists.
        guard index > next else { return }
        var bytes: Int64 = 0
        var count: Int64 = 0
        for list in lists {
            let from = max(next, list.start)
            let end = min(index, list.start + Int32(list.count))
            guard from < end else { continue }
            for rank in Int(from - list.start)..<Int(end - list.start) {
                let entry = list.entries[Int(list.order[rank])]
                if entry.isRegular || entry.isSymbolicLink { bytes.addClamped(entry.size) }
            }
            count += Int64(end - from)
        }
        next = index
        guard count > 0 else { return }
        progress.bytesDone.addClamped(bytes)
        progress.entriesDone.add(count, ordering: .relaxed)
    }
}

extension TransferProgress {
    /// Counts the bytes of an entry whose data is not sent.
    func noteDone(_ entry: FileEntry) {
        guard entry.isRegular || entry.isSymbolicLink else { return }
        bytesDone.addClamped(entry.size)
    }
}
