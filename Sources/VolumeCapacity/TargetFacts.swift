import LinuxSystem
package import VolumeAccess

/// What a target volume can take: space, limits, and what it can keep.
package struct TargetFacts: Hashable, Sendable {
    /// The space of the file system, and how names and blocks are counted there.
    package var space: UsableSpace
    /// What it can keep.
    package var abilities: FileSystemAbilities
    /// Whether there is nothing in it yet but what a new file system has (`lost+found`).
    package var isEmpty: Bool
    /// Whether small files can be requested before large ones there.
    package var ordersFiles = false
    /// Whether modification times are compared to the nanosecond there.
    package var comparesNanoseconds = false
    /// What is promised there of a volume that is called complete, and that sessions tell of the phase in which it is
    /// flushed to the disk; nil of an older target.
    package var durability: String?

    /// As whom the target writes; nil of an older target.
    package var writer: VolumeUser?

    /// The largest figure that is accepted, 1 EiB: some network file systems report more than that as free, since they
    /// have no end.
    package static let largestFigure: Int64 = 1 << 60

    /// Creates a value.
    package init(space: UsableSpace, abilities: FileSystemAbilities, isEmpty: Bool) {
        self.space = space
        self.abilities = abilities
        self.isEmpty = isEmpty
    }

    /// Determines about a volume that is mounted here.
    ///
    /// Abilities are tried, see `Volume.probe()`; nothing is left behind.
    ///
    /// - Parameter volume: Test files are created in its root and removed.
    /// - Throws: `VolumeError` when it cannot be read.
    package init(of volume: Volume) throws(VolumeError) {
        let listing = try volume.root.list()
        let known = Array("lost+found".utf8)
        isEmpty = (0..<listing.count).allSatisfy { listing.nameBytes($0) == known }
        let space = try volume.usableSpace()
        abilities = space.isReadOnly ? FileSystemAbilities() : volume.probe()
        writer = VolumeUser(ofTop: try volume.root.status())
        writer?.isWritable = space.isReadOnly ? nil : volume.isWritable
        self.space = space
    }

    /// Whether the target owns the top directory of the volume, or may act as if it did; nil of an older target.
    package var ownsTop: Bool? {
        // A server that maps users honours no capability.
        if let owner = abilities.squashedOwner { return writer.map { $0.topOwner == owner } }
        return writer?.ownsTop
    }

    /// What forecasts for this target go by: its layout, or all known ones when it has another.
    package var profiles: [TargetProfile] {
        let unit = space.blockSize
        let blockSize = Self.isPower(unit, in: 512...65_536) ? unit : 4096
        let known = TargetProfile.FileSystem(rawValue: space.type)
        var profiles =
            known.map { [TargetProfile($0, blockSize: blockSize)] } ?? TargetProfile.unknown(blockSize: blockSize)
        for index in profiles.indices {
            profiles[index].keepsHoles = abilities.keepsHoles ?? true
            guard profiles[index].fileSystem == .xfs else { continue }
            if let size = space.inodeSize, Self.isPower(size, in: 512...2048) {
                profiles[index].inodeSize = Amount(size)
            }
            if let unit = space.directoryBlockSize, Self.isPower(unit, in: profiles[index].blockSize.value...65_536) {
                profiles[index].directoryBlock = Amount(unit)
            }
        }
        return profiles
    }

    private static func isPower(_ value: Int64, in range: ClosedRange<Int64>) -> Bool {
        range.contains(value) && value & (value - 1) == 0
    }

    /// Whether there is space for what a transfer takes.
    package func hasSpace(for demand: TargetCheck.Demand) -> Bool {
        freeBytesNeeded(for: demand) <= Amount(space.freeBytes) && demand.inodes <= Amount(space.freeInodes ?? .max)
    }

    /// What a transfer takes of the free bytes: all that it takes, but on btrfs not what fits into the trees' own
    /// space.
    package func freeBytesNeeded(for demand: TargetCheck.Demand) -> Amount {
        guard let btrfs = space.btrfs, demand.treeBytes > 0 else { return demand.bytes }
        return BtrfsCapacity(btrfs, total: Amount(space.totalBytes), free: Amount(space.freeBytes)).needed(for: demand)
    }

    /// The bytes that a volume of files can have here in all: what is free, and what those take that are there.
    package var capacity: Int64 { isEmpty ? space.freeBytes : space.freeBytes.addingClamped(space.usedBytes) }
}
