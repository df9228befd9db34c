import VolumeAccess

/// New small files that are written and have yet to get their names.
///
/// Where a name has to wait until the content is on the disk, the disk works on several while others are still written:
/// one by one they would cost a round trip of the device each. Files that replace others do not wait here: they would keep the space of
/// the old ones as long.
struct StagedBatch {
    /// The most files that wait; each holds a descriptor.
    private static let limit = 32
    /// The most bytes of such a file.
    private static let smallLimit: Int64 = 128 * 1024

    /// Behind how many bytes of a file the others get their names first.
    static let patience: Int64 = 8 << 20

    private var files: [(file: StagedFile, plan: TransferPlan)] = []

    var isEmpty: Bool { files.isEmpty }

    /// Takes in a file whose content is written, if that is worth while.
    ///
    /// - Returns: False when the file should get its name at once.
    mutating func takeIn(_ file: StagedFile, _ plan: TransferPlan) -> Bool {
        guard plan.current == nil, file.length <= Self.smallLimit, file.beginCommit() else { return false }
        files.append((file, plan))
        return true
    }

    /// Takes the older half out when there are as many as may be: by now they are probably on the disk.
    mutating func takeDue() -> [(file: StagedFile, plan: TransferPlan)] {
        guard files.count >= Self.limit else { return [] }
        defer { files.removeFirst(Self.limit / 2) }
        return Array(files.prefix(Self.limit / 2))
    }

    /// Takes all files out, in the order in which they came.
    mutating func takeAll() -> [(file: StagedFile, plan: TransferPlan)] {
        defer { files.removeAll(keepingCapacity: true) }
        return files
    }
}
