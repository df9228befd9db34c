/// The file system that a volume is to be copied to, as far as it decides what space the copy takes.
package struct TargetProfile: Hashable, Sendable {
    /// A kind of file system whose layout is known.
    package enum FileSystem: String, Sendable, CaseIterable {
        /// ext4 with mkfs's usual features.
        case ext4
        /// XFS version 5.
        case xfs
        /// btrfs on one device: data once, metadata twice.
        case btrfs

        /// The magic number of statfs(2).
        package var magic: UInt64 {
            switch self {
            case .ext4: 0xEF53
            case .xfs: 0x5846_5342
            case .btrfs: 0x9123_683E
            }
        }

        /// The kind with a magic number of statfs(2); nil for one whose layout is not known.
        package init?(magic: UInt64) {
            guard let known = FileSystem.allCases.first(where: { $0.magic == magic }) else { return nil }
            self = known
        }
    }

    /// Files up to this length are in btrfs's trees, as it is mounted without options.
    package static let longestInTrees: Int64 = 2048

    /// What it is.
    package var fileSystem: FileSystem
    /// The unit of allocation in bytes: a power of two, 512 to 65,536.
    package var blockSize: Amount
    /// Bytes of an inode on the device.
    package var inodeSize: Amount
    /// The unit of a directory's blocks in bytes, at least a block; of XFS only.
    package var directoryBlock: Amount
    /// One inode is made for this many bytes (ext4's inode ratio); nil for what mke2fs takes for the size.
    package var bytesPerInode: Amount?
    /// Whether holes stay holes; otherwise they are filled with zeros.
    package var keepsHoles = true
    /// Whether extended attributes and ACLs are carried; `dvm` does not carry them.
    package var carriesAttributes = false

    /// Describes a file system.
    ///
    /// - Parameters:
    ///   - fileSystem: What it is.
    ///   - blockSize: Its unit of allocation; nil for the usual 4096.
    ///   - bytesPerInode: ext4's inode ratio; nil for what mke2fs takes for the size.
    package init(_ fileSystem: FileSystem, blockSize: Int64? = nil, bytesPerInode: Int64? = nil) {
        self.fileSystem = fileSystem
        let size = Amount(blockSize ?? 4096)
        // btrfs allocates pages at least, whatever was requested.
        self.blockSize = fileSystem == .btrfs ? max(4096, size) : size
        self.bytesPerInode = bytesPerInode.map { Amount($0) }
        inodeSize = fileSystem == .xfs ? 512 : 256
        directoryBlock = max(4096, self.blockSize)
    }

    /// The profiles to forecast for when the target is unknown: the largest need of all counts.
    package static func unknown(blockSize: Int64? = nil, bytesPerInode: Int64? = nil) -> [TargetProfile] {
        FileSystem.allCases.map { TargetProfile($0, blockSize: blockSize, bytesPerInode: bytesPerInode) }
    }

    /// A number of bytes in whole blocks.
    @inline(__always)
    func inBlocks(_ bytes: Amount) -> Amount { bytes.roundedUp(to: blockSize) }
}
