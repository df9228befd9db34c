public import VolumeAccess

/// What a target volume can take: room, limits, and what it can keep.
public struct TargetFacts: Hashable, Sendable {
    /// The room of the file system, and how names and blocks are counted there.
    public var space: UsableSpace
    /// What it can keep.
    public var abilities: FileSystemAbilities
    /// Whether there is nothing in it yet but what a new file system has (`lost+found`).
    public var isEmpty: Bool
    /// Whether small files can be asked for before large ones there.
    public var ordersFiles = false
    /// What is promised there of a volume that is called complete, and that sessions tell of the phase in which it is
    /// brought to the disk; nil of an older target.
    public var durability: String?
    /// Whether modification times are compared to the nanosecond there.
    public var comparesNanoseconds = false

    /// Names the facts.
    public init(space: UsableSpace, abilities: FileSystemAbilities, isEmpty: Bool) {
        self.space = space
        self.abilities = abilities
        self.isEmpty = isEmpty
    }

    /// Finds out about a volume that is mounted here.
    ///
    /// Abilities are tried, see `Volume.probe()`; nothing is left behind.
    ///
    /// - Parameter volume: The volume.
    /// - Throws: `VolumeError` when it cannot be read.
    public init(of volume: Volume) throws(VolumeError) {
        let listing = try volume.root.list()
        let known = Array("lost+found".utf8)
        isEmpty = (0..<listing.count).allSatisfy { listing.nameBytes($0) == known }
        let space = try volume.usableSpace()
        abilities = space.isReadOnly ? FileSystemAbilities() : volume.probe()
        self.space = space
    }

    /// What forecasts for this target go by: its layout, or all known ones when it has another.
    public var profiles: [TargetProfile] {
        let unit = space.blockSize
        let isUsual = (512...65_536).contains(unit) && unit & (unit - 1) == 0
        let blockSize = isUsual ? unit : 4096
        let known = TargetProfile.FileSystem(rawValue: space.type)
        var profiles =
            known.map { [TargetProfile($0, blockSize: blockSize)] } ?? TargetProfile.unknown(blockSize: blockSize)
        for index in profiles.indices { profiles[index].keepsHoles = abilities.keepsHoles ?? true }
        return profiles
    }

    /// Whether there is room for what a transfer takes.
    public func hasRoom(for demand: TargetCheck.Demand) -> Bool {
        freeBytesNeeded(for: demand) <= space.freeBytes && demand.inodes <= space.freeInodes ?? .max
    }

    /// What a transfer takes of the free bytes: all that it takes, but on btrfs not what fits into the trees' own room.
    public func freeBytesNeeded(for demand: TargetCheck.Demand) -> Int64 {
        guard let btrfs = space.btrfs, demand.treeBytes > 0 else { return demand.bytes }
        return BtrfsRoom(btrfs, total: space.totalBytes, free: space.freeBytes).needed(for: demand)
    }

    /// The bytes that a volume of files can have here in all: what is free, and what those take that are there.
    public var capacity: Int64 { isEmpty ? space.freeBytes : space.freeBytes.addingClamped(space.usedBytes) }
}
