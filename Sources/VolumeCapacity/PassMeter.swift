import LinuxSystem
import VolumeAccess

/// Adds up what a pass takes that changes a target which already holds something, entry by entry.
package struct PassMeter: Sendable {
    /// New entries, of one meter for each profile.
    private var created: [SpaceMeter]
    /// Names that directories get, by directory.
    private var shapes: [[UInt8]: DirectoryShape] = [:]
    /// What replaced files take more than their old selves, as far as it is blocks of their own.
    private var growth: [Amount]
    /// Replaced files, of one meter for each profile.
    private var replaced: [SpaceMeter]
    private var inodes: Amount = 0
    /// How many threads of a target stage files or links beside those that they replace, one at a time each when inodes
    /// are short: the generator, the receiver and two finishers.
    package static let stagers: Amount = 4
    private var changed: Amount = 0
    private var removedBytes: Amount = 0
    private var removedInodes: Amount = 0
    /// New and replaced files, for the order of a pass.
    private var moves: [FileMove] = []
    /// What holes add where files are written in place, which fills them.
    private var holes: Amount = 0

    /// Starts for a target that is like one of some profiles.
    package init(_ profiles: [TargetProfile]) {
        precondition(!profiles.isEmpty, "a pass goes to some target")
        created = profiles.map { SpaceMeter($0) }
        growth = profiles.map { _ in 0 }
        replaced = created
    }

    /// A new entry that takes an inode.
    ///
    /// - Parameters:
    ///   - path: Its path in the volume.
    ///   - kind: What it is.
    ///   - size: Bytes of content, or of a symbolic link's target.
    ///   - stored: Of a file, its bytes without holes; nil for all of them.
    package mutating func addNew(_ path: [UInt8], _ kind: PassEntry, size: Int64, stored: Int64? = nil) {
        addName(path)
        inodes += 1
        let full = Amount(size)
        let size = Amount(min(size, stored ?? size))
        holes += full - size
        for index in created.indices {
            let before = created[index].ownBlocks
            switch kind {
            case .file: created[index].addFile(size: size)
            case .symbolicLink: created[index].addSymbolicLink(length: size)
            case .directory: created[index].addDirectory(DirectoryShape())
            case .special: created[index].addSpecial()
            }
            guard kind == .file else { continue }
            moves.append(FileMove(size: full, profile: index, takes: created[index].ownBlocks - before, gives: 0))
        }
    }

    /// A further name of a file.
    package mutating func addName(_ path: [UInt8]) {
        let parts = PathParts(path)
        shapes[parts.parent, default: DirectoryShape()].add(nameLength: parts.leaf.count)
    }

    /// A regular file that comes in the place of another.
    ///
    /// - Parameters:
    ///   - size: Its length in bytes.
    ///   - stored: Its bytes without holes; nil for all of them.
    ///   - allocatedBefore: What the old file takes and gives back when it is replaced, in bytes; 0 when not known.
    ///   - staysBehind: Whether the old file may keep its inode, since it may have further names.
    package mutating func addChanged(
        size: Int64,
        stored: Int64? = nil,
        allocatedBefore: Int64,
        staysBehind: Bool = false
    ) {
        changed += 1
        if staysBehind { inodes += 1 }
        let allocatedBefore = Amount(allocatedBefore)
        let full = Amount(size)
        let size = Amount(min(size, stored ?? size))
        holes += full - size
        for index in replaced.indices {
            let before = replaced[index].ownBlocks
            replaced[index].addFile(size: size)
            let taken = replaced[index].ownBlocks - before
            growth[index] += max(0, taken - allocatedBefore)
            moves.append(FileMove(size: full, profile: index, takes: taken, gives: allocatedBefore))
        }
    }

    /// An entry that is deleted.
    ///
    /// - Parameter allocated: What it gives back, in bytes.
    package mutating func addRemoved(allocated: Int64) {
        removedBytes += Amount(allocated)
        removedInodes += 1
    }

    /// The most that files take of their own at any moment when small ones come first.
    private func highestMoment(of profile: Int) -> Amount {
        var (level, highest): (Amount, Amount) = (0, 0)
        for move in moves.filter({ $0.profile == profile }).sorted(by: { $0.isBefore($1) }) {
            highest = max(highest, level + move.takes)
            level += move.takes - move.gives
        }
        return highest
    }

    /// What the pass takes at its highest moment.
    ///
    /// - Parameters:
    ///   - strategy: How it goes about it.
    ///   - isDeleting: Whether it deletes at all.
    /// - Returns: The highest figures of all profiles.
    package func demand(_ strategy: PassStrategy, deleting isDeleting: Bool = true) -> TargetCheck.Demand {
        var demand = TargetCheck.Demand(bytes: 0, inodes: inodes)
        if !strategy.isInPlace { demand.inodes += min(changed, Self.stagers) }
        for index in created.indices {
            var meter = created[index]
            for shape in shapes.values { meter.addDirectory(shape) }
            let need = replaced[index].total
            // Trees that all files share get the new entries before the old ones are gone.
            let shared = need.fileMetadata + need.fileData - replaced[index].ownBlocks
            let temporary = strategy.isInPlace ? holes : need.largestTemporary
            let new = meter.total
            let bytes =
                strategy.isSmallestFirst
                ? new.bytes - created[index].ownBlocks + shared + highestMoment(of: index)
                : new.bytes + growth[index] + shared + temporary
            guard bytes > demand.bytes else { continue }
            demand.bytes = bytes
            demand.treeBytes = meter.target.fileSystem == .btrfs ? new.bytes - new.fileData + shared : 0
        }
        if strategy.deletesFirst, isDeleting {
            // What is deleted counts as free; the sum may be below zero.
            demand.bytes -= removedBytes
            demand.inodes -= removedInodes
        }
        return demand
    }
}

/// A file that comes in a pass.
private struct FileMove: Sendable {
    /// Its length, which the order goes by.
    let size: Amount
    /// The number of the profile that the figures are for.
    let profile: Int
    /// What it takes of its own, in bytes.
    let takes: Amount
    /// What its old self gives back once it is complete.
    let gives: Amount

    /// Whether it comes before another when the order within a length is as bad as can be.
    func isBefore(_ other: FileMove) -> Bool {
        size != other.size ? size < other.size : takes - gives > other.takes - other.gives
    }
}

/// What kind of entry a pass makes.
package enum PassEntry: Sendable {
    /// A regular file.
    case file
    /// A symbolic link.
    case symbolicLink
    /// A directory.
    case directory
    /// A device, pipe or socket.
    case special
}

/// How a pass goes about a target, the safest first.
package enum PassStrategy: String, Sendable, CaseIterable {
    /// Deletes directory by directory, replaces each file in one step.
    case usual
    /// Deletes everything first, then replaces each file in one step.
    case deleteFirst
    /// Deletes everything first, then replaces each file in one step, small files before large ones: what became
    /// shorter has given space back when the large ones come.
    case smallestFirst
    /// Deletes everything first, then writes into the files themselves: a file is neither old nor new while it is
    /// written, and stays so when the transfer is truncated.
    case inPlace

    /// Whether deletions come before anything else.
    package var deletesFirst: Bool { self != .usual }
    /// Whether small files come before large ones.
    package var isSmallestFirst: Bool { self == .smallestFirst }
    /// Whether files are written in their place.
    package var isInPlace: Bool { self == .inPlace }
}
