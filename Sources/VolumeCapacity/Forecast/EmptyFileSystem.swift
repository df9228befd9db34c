/// What a file system of a given size offers when nothing is in it: the size without its own tables, journal and
/// reserves.
///
/// The formulas follow mke2fs 1.47, mkfs.xfs 6.1 and mkfs.btrfs 6.2 with their defaults, and were compared with what
/// statvfs(3) says of new file systems of 64 MiB to 1000 GiB.
package struct EmptyFileSystem: Hashable, Sendable {
    /// Bytes for files and directories of ordinary users.
    package let usableBytes: Amount
    /// Inodes to give out; ``Amount/max`` where there is no limit.
    package let usableInodes: Amount

    private static let mebibyte: Amount = 1 << 20

    /// Computes what is left of a size.
    ///
    /// - Parameters:
    ///   - size: Of the device, in bytes.
    ///   - target: What is made on it.
    ///   - metadata: Bytes that the content will take in btrfs's trees, both copies, for which btrfs sets space apart.
    package init(size: Amount, target: TargetProfile, metadata: Amount = 0) {
        switch target.fileSystem {
        case .ext4: self = Self.ext4(size, target)
        case .xfs: self = Self.xfs(size, target)
        case .btrfs: self = Self.btrfs(size, metadata)
        }
    }

    private init(_ bytes: Amount, _ inodes: Amount) {
        usableBytes = max(0, bytes)
        usableInodes = max(0, inodes)
    }

    // MARK: ext4

    private static func ext4(_ size: Amount, _ target: TargetProfile) -> EmptyFileSystem {
        let block = target.blockSize
        let blocks = size / block
        let groups = SplitTree.roundedUp(max(blocks, 1), 8 * block)
        let inodes = size / (target.bytesPerInode ?? ext4Ratio(size))
        let tables = inodes * target.inodeSize + groups * 3 * block
        let descriptors = SplitTree.roundedUp(groups * 64, block)
        // Room for growing a thousandfold is set apart beside each copy of the descriptors.
        let largest = SplitTree.roundedUp(min(blocks * 1024, Amount(Int64(UInt32.max))), 8 * block)
        let growth = max(0, min(SplitTree.roundedUp(largest * 64, block) - descriptors, block / 4))
        let copies = backups(groups) * (1 + descriptors + growth) * block
        // For the superuser 5 %; for the kernel itself 2 %, at most 4096 blocks.
        let reserved = size / 20 + min(size / 50, 4096 * block)
        let used = tables + copies + journal(blocks) * block + reserved + 64 * 1024
        return EmptyFileSystem(size - used, inodes - 11)
    }

    /// mke2fs.conf: small, default, big and huge.
    private static func ext4Ratio(_ size: Amount) -> Amount {
        size < 512 << 20 ? 4096 : size < 4 << 40 ? 16_384 : size < 16 << 40 ? 32_768 : 65_536
    }

    private static func journal(_ blocks: Amount) -> Amount {
        switch blocks {
        case ..<2048: 0
        case ..<32_768: 1024
        case ..<262_144: 4096
        case ..<524_288: 8192
        case ..<4_194_304: 16_384
        case ..<8_388_608: 32_768
        case ..<16_777_216: 65_536
        case ..<33_554_432: 131_072
        default: 262_144
        }
    }

    /// Copies of the superblock: in groups 0, 1 and the powers of 3, 5 and 7.
    private static func backups(_ groups: Amount) -> Amount {
        var count: Amount = min(groups, 2)
        for base: Amount in [3, 5, 7] {
            var power = base
            while power < groups {
                count += 1
                power *= base
            }
        }
        return count
    }

    // MARK: XFS and btrfs

    private static func xfs(_ size: Amount, _ target: TargetProfile) -> EmptyFileSystem {
        guard size >= 300 * mebibyte else { return EmptyFileSystem(0, 0) }  // mkfs.xfs makes no smaller ones
        let log = min(max(64 * mebibyte, size / 2048), 2048 * mebibyte)
        let pool = min(size / 20, 8192 * target.blockSize)
        // Set apart in each group for the trees of free inodes and shared blocks.
        let trees = size * 7 / 1000 * max(1, 4096 / target.blockSize)
        let share: Amount = size < 1 << 40 ? 25 : size < 50 << 40 ? 5 : 1
        return EmptyFileSystem(size - log - pool - trees - mebibyte, size / 100 * share / target.inodeSize - 64)
    }

    private static func btrfs(_ size: Amount, _ metadata: Amount) -> EmptyFileSystem {
        guard size >= 112 * mebibyte else { return EmptyFileSystem(0, 0) }
        let chunk = size > 50 << 30 ? 1 << 30 : max(32 * mebibyte, min(size / 20, 256 * mebibyte))
        // The global reserve, and space for a transaction's new blocks beside the old ones.
        let wanted = metadata / 2 + metadata / 20 + 16 * mebibyte
        let chunks = SplitTree.roundedUp(wanted, chunk)
        // The first MiB, the system chunk twice, and what is too small for one more chunk.
        let usable = size - 2 * chunks * chunk - (1 + 16 + 16) * mebibyte
        return EmptyFileSystem(usable < 0 ? 0 : usable + metadata, .max)
    }
}
