/// Adds up what the entries of a tree take on one target.
struct SpaceMeter: Sendable {
    let target: TargetProfile
    private var need = SpaceNeed()
    /// Bytes of items in btrfs's trees: of content and extents; of names; of targets; of attributes; of inodes.
    private var contentItems: Amount = 0
    private var nameItems: Amount = 0
    private var linkItems: Amount = 0
    private var attributeItems: Amount = 0

    init(_ target: TargetProfile) { self.target = target }

    /// Whether the shape of files with holes is worth requesting.
    var keepsHoles: Bool { target.keepsHoles }

    /// A regular file without holes.
    @inline(__always)
    mutating func addFile(size: Amount) {
        addFile(size: size, FileShape(data: target.inBlocks(size), pieces: size > 0 ? 1 : 0))
    }

    /// A regular file whose data ranges are known.
    @inline(__always)
    mutating func addFile(size: Amount, _ shape: FileShape) {
        need.inodes += 1
        guard size > 0 else { return }
        var metadata: Amount = 0
        var data = shape.data
        switch target.fileSystem {
        case .ext4: metadata = Ext4Layout.extentTree(shape, target)
        case .xfs: metadata = XFSLayout.extentMap(shape, target)
        case .btrfs:
            if BtrfsLayout.isInline(size) {
                data = 0
                contentItems += BtrfsLayout.inlineContent(size)
            } else {
                contentItems += BtrfsLayout.extents(shape)
            }
        }
        need.fileData += data
        need.fileMetadata += metadata
        need.largestTemporary = max(need.largestTemporary, data + metadata)
    }

    mutating func addSymbolicLink(length: Amount) {
        need.inodes += 1
        switch target.fileSystem {
        case .ext4: need.symbolicLinks += Ext4Layout.symbolicLink(length, target)
        case .xfs: need.symbolicLinks += XFSLayout.symbolicLink(length, target)
        case .btrfs: linkItems += BtrfsLayout.inlineContent(length)
        }
    }

    /// A device node, a pipe or a socket.
    mutating func addSpecial() { need.inodes += 1 }

    /// A directory with all its names.
    mutating func addDirectory(_ shape: DirectoryShape) {
        need.inodes += 1
        switch target.fileSystem {
        case .ext4: need.directories += Ext4Layout.directory(shape, target)
        case .xfs: need.directories += XFSLayout.directory(shape, target)
        case .btrfs: nameItems += BtrfsLayout.names(shape)
        }
    }

    mutating func addAttributes(count: Amount, bytes: Amount) {
        switch target.fileSystem {
        case .ext4: need.attributes += Ext4Layout.attributes(count, bytes, target)
        case .xfs: need.attributes += XFSLayout.attributes(count, bytes, target)
        case .btrfs: attributeItems += BtrfsLayout.attributes(count, bytes)
        }
    }

    mutating func merge(_ other: SpaceMeter) {
        need.merge(other.need)
        contentItems += other.contentItems
        nameItems += other.nameItems
        linkItems += other.linkItems
        attributeItems += other.attributeItems
    }

    /// The blocks that belong to one file each, without what is shared by all entries.
    var ownBlocks: Amount { need.fileData + need.fileMetadata }

    /// What it all takes, with what is shared by all entries.
    var total: SpaceNeed {
        var total = need
        switch target.fileSystem {
        case .ext4: break  // the inode tables are part of the empty file system
        case .xfs: total.inodeSpace = XFSLayout.inodes(need.inodes, target)
        case .btrfs:
            total.fileMetadata = BtrfsLayout.nodes(contentItems, isAppended: true)
            total.directories = BtrfsLayout.nodes(nameItems, isAppended: false)
            total.symbolicLinks = BtrfsLayout.nodes(linkItems, isAppended: true)
            total.attributes = BtrfsLayout.nodes(attributeItems, isAppended: true)
            total.inodeSpace = BtrfsLayout.nodes(need.inodes * BtrfsLayout.inode, isAppended: true)
        }
        return total
    }
}
