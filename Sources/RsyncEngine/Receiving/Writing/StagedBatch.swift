import VolumeAccess

/// New small files that are written but not committed.
///
/// When a commit has to wait until the content is on disk, the disk works on several files while others are still being
/// written: one by one, each would cost a round trip to the device. Files that replace others do not wait here: they
/// would keep the space of the old ones for as long.
struct StagedBatch {
    /// The most files that wait; each holds a file descriptor.
    private static let limit = 32
    /// The largest size of such a file, in bytes.
    private static let smallLimit: Int64 = 128 * 1024

    /// The number of bytes of a large file after which the waiting files are committed first.
    static let patience: Int64 = 8 << 20

    private var files: [(file: StagedFile, plan: TransferPlan)] = []

    var isEmpty: Bool { files.isEmpty }

    /// Adds a file whose content is written, if waiting is worthwhile.
    ///
    /// - Returns: False if the file should be committed immediately.
    mutating func takeIn(_ file: StagedFile, _ plan: TransferPlan) -> Bool {
        guard plan.current == nil, file.length <= Self.smallLimit, file.beginCommit() else { return false }
        files.append((file, plan))
        return true
    }

    /// Removes and returns the older half when the limit is reached: by now they are probably on disk.
    mutating func takeDue() -> [(file: StagedFile, plan: TransferPlan)] {
        guard files.count >= Self.limit else { return [] }
        defer { files.removeFirst(Self.limit / 2) }
        return Array(files.prefix(Self.limit / 2))
    }

    /// Removes and returns all files, in the order they were added.
    mutating func takeAll() -> [(file: StagedFile, plan: TransferPlan)] {
        defer { files.removeAll(keepingCapacity: true) }
        return files
    }
}
