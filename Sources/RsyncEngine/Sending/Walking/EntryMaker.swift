import Checksums
import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Something the walk has found: its directory and its name there, and the root that it is below.
struct WalkedItem {
    let directory: VolumeDirectory
    /// Empty for the directory itself.
    let leaf: [UInt8]
    let root: SourceTable.Root

    /// Its path below the root's volume, where links are followed.
    var path: [UInt8] { leaf.isEmpty ? directory.relativePath : directory.path(of: leaf.span) }
}

/// Makes entries of a file list from what a walk finds.
///
/// One thread uses it.
final class EntryMaker {
    private let state: SessionState
    private let links: TransferOptions.Links
    private let copiesDevices: Bool
    private var reader = WholeFileReader()
    private let metadata: SourceMetadataReader
    /// What links may lead to where they are followed.
    let following: LinkFollowing

    /// - Parameters:
    ///   - state: Supplies options, and reports.
    ///   - table: The sources' roots, for messages.
    ///   - keepsValues: Whether long extended attributes are kept whole, for a local copy; otherwise by their digests.
    init(state: SessionState, _ table: SourceTable, keepsValues: Bool) {
        metadata = SourceMetadataReader(state, table, keepsValues: keepsValues)
        self.state = state
        links = state.options.selection.links
        copiesDevices = state.options.attributes.copiesDevices
        following = links.followsAny ? state.place.following : .never
    }

    // MARK: links

    /// Whether an entry may be sent as what it leads to.
    func follows(_ status: FileStatus) -> Bool { status.isSymbolicLink && links.followsAny }

    /// The status to send: that of what a link leads to, where the options ask for it.
    ///
    /// - Parameters:
    ///   - status: The entry's own.
    ///   - item: The entry.
    ///   - name: Its name in the transfer.
    /// - Returns: Nil for a link that leads to nothing.
    /// - Throws: ``VolumeError`` when a link cannot be read or followed.
    func followed(_ status: FileStatus, _ item: WalkedItem, name: [UInt8]) throws(VolumeError) -> FileStatus? {
        guard follows(status) else { return status }
        var mustFollow = links.copiesReferents
        if !mustFollow, links.copiesUnsafe {
            let target = try item.directory.readLink(item.leaf.span)
            mustFollow = LinkTarget.isUnsafe(target, at: name)
            if mustFollow, state.options.output.level(.symsafe) > 0 {
                state.inform("copying unsafe symlink \"", name + Array("\" -> \"".utf8) + target, "\"")
            }
        }
        guard mustFollow || links.copiesDirectories else { return status }
        let referent: FileStatus?
        do throws(VolumeError) {
            referent = try statusOfReferent(item)
        } catch {
            if !mustFollow { return status }
            // What is outside of a module counts as nothing.
            guard error.number == EXDEV else { throw error }
            referent = nil
        }
        return mustFollow ? referent : referent.flatMap { $0.isDirectory ? $0 : nil } ?? status
    }

    /// The status of what a link leads to; nil for nothing.
    ///
    /// It is looked up from the link's directory, as in rsync, because the kernel limits the number of links in a path.
    private func statusOfReferent(_ item: WalkedItem) throws(VolumeError) -> FileStatus? {
        do throws(VolumeError) {
            return try item.directory.status(of: item.leaf.span, following: following)
        } catch {
            // Out of the directory, but maybe not out of the module.
            guard following == .inside, error.number == EXDEV else { throw error }
            return try item.root.volume.root.status(of: item.path.span, following: following)
        }
    }

    /// Reports a link that leads to nothing.
    func reportNoReferent(_ item: WalkedItem) {
        state.add(.general)
        let path = state.place.shown(item.path, below: item.root)
        state.report("symlink has no referent: \"\(PrintableText.path(path))\"\(state.place.suffix)", .errorTransfer)
    }

    // MARK: entries

    /// The status to send of an entry: that of a file of now, for a device whose content is copied (`--copy-devices`).
    ///
    /// - Throws: ``VolumeError`` when a device cannot be opened.
    func asSent(
        _ status: FileStatus,
        _ leaf: Span<UInt8>,
        in directory: VolumeDirectory
    ) throws(VolumeError) -> FileStatus {
        guard copiesDevices, status.isDevice else { return status }
        return try directory.statusAsFile(status, leaf).asContent
    }

    /// An entry without its rarer fields.
    func entry(
        of status: FileStatus,
        _ source: UInt16,
        _ flags: FileEntry.Flags,
        to list: FileList
    ) -> FileEntry {
        var entry = FileEntry(status)
        entry.source = source
        if !state.options.attributes.modeChanges.isEmpty { entry.apply(state.options.attributes.modeChanges) }
        if !state.parameters.dialect.listsNanoseconds { entry.nanoseconds = 0 }
        if status.isDirectory { entry.flags = flags }
        return entry
    }

    /// Adds access time, ACLs and extended attributes, in sessions that carry them.
    ///
    /// - Parameters:
    ///   - status: The entry's status.
    ///   - leaf: Its name; nil for the directory itself.
    ///   - directory: Its directory.
    ///   - entry: What they are added to.
    ///   - list: The list that gets it.
    func addMetadata(
        of status: FileStatus,
        _ leaf: Span<UInt8>?,
        in directory: VolumeDirectory,
        _ entry: inout FileEntry,
        to list: FileList
    ) {
        guard metadata.isWanted else { return }
        add(
            metadata.attributes(of: status, listing: entry.mode & 0o7777, below: entry.source) {
                (reading) throws(VolumeError) in
                try directory.heldAttributes(of: leaf, reading)
            },
            &entry,
            to: list
        )
    }

    /// Adds those of an entry that a link may lead to.
    func addMetadata(of status: FileStatus, _ item: WalkedItem, _ entry: inout FileEntry, to list: FileList) {
        guard metadata.isWanted else { return }
        if item.leaf.isEmpty { return addMetadata(of: status, nil, in: item.directory, &entry, to: list) }
        guard following != .never, !status.isSymbolicLink else {
            return addMetadata(of: status, item.leaf.span, in: item.directory, &entry, to: list)
        }
        add(
            metadata.attributes(of: status, listing: entry.mode & 0o7777, below: entry.source) {
                (reading) throws(VolumeError) in
                try item.root.volume.heldAttributes(at: item.path, status, following: following, reading)
            },
            &entry,
            to: list
        )
    }

    private func add(_ attributes: EntryAttributes, _ entry: inout FileEntry, to list: FileList) {
        if attributes != EntryAttributes() { entry.attributes = list.add(attributes) }
    }

    /// Reads the rarer fields of an entry that a link may lead to.
    func addExtras(
        of status: FileStatus,
        _ item: WalkedItem,
        _ entry: inout FileEntry,
        to list: FileList
    ) throws(VolumeError) {
        guard following != .never, status.isRegular else {
            return try addExtras(of: status, item.leaf.span, in: item.directory, &entry, to: list)
        }
        let (path, root, following) = (item.path, item.root.volume.root, following)
        try addExtras(of: status, item.leaf.span, in: item.directory, &entry, to: list) { () throws(VolumeError) in
            try root.openForReading(path.span, following: following)
        }
    }

    /// Reads the rarer fields: a link's target, device numbers, the inode of a hard link, the checksum of `-c`.
    func addExtras(
        of status: FileStatus,
        _ leaf: Span<UInt8>,
        in directory: VolumeDirectory,
        _ entry: inout FileEntry,
        to list: FileList,
        opening open: (() throws(VolumeError) -> ReadableFile)? = nil
    ) throws(VolumeError) {
        let isLinked =
            state.options.attributes.hardLinks && !status.isDirectory
            && (status.linkCount > 1 || status.isRegular && state.parameters.dialect.listsEveryInode)
        let needsSum = state.options.comparison.checksum && status.isRegular
        guard status.isSymbolicLink || status.isDevice || isLinked || needsSum else { return }
        var extra = FileEntryExtra()
        if status.isSymbolicLink {
            var target = try directory.readLink(leaf)
            if links.munges { target = LinkTarget.unmunged(target) }
            extra.targetStart = list.store(target)
            extra.targetLength = UInt16(target.count)
            entry.size = Int64(target.count)
        }
        if status.isDevice {
            extra.deviceMajor = status.deviceMajor
            extra.deviceMinor = status.deviceMinor
        }
        if isLinked {
            entry.flags.insert(.hardLinked)
            extra.device = status.device
            extra.inode = status.inode
        }
        if needsSum { extra.checksumStart = list.store(sum(of: status, leaf, in: directory, open)) }
        entry.extra = Int32(list.extras.count)
        list.extras.append(extra)
    }

    private func sum(
        of status: FileStatus,
        _ leaf: Span<UInt8>,
        in directory: VolumeDirectory,
        _ open: (() throws(VolumeError) -> ReadableFile)?
    ) -> [UInt8] {
        let recipe = state.parameters.fileRecipe
        // A file that will not be sent is not read either; zeros stand for a checksum that cannot be computed.
        let isTooLarge = state.options.limits.largestFile.map { status.size > $0 } ?? false
        guard !isTooLarge else { return [UInt8](repeating: 0, count: recipe.digestLength) }
        guard let open else { return reader.digest(of: leaf, listedAs: status.modified, in: directory, recipe) }
        return reader.digest(of: open, recipe)
    }
}

extension FileEntry {
    /// The numeric fields of a volume's entry; name and extras are set separately.
    init(_ status: FileStatus) {
        self.init()
        mode = status.mode
        size = status.isDevice || status.isSpecial ? 0 : status.size
        modified = status.modified.seconds
        nanoseconds = (0...999_999_999).contains(status.modified.nanoseconds) ? UInt32(status.modified.nanoseconds) : 0
        uid = status.owner
        gid = status.group
    }
}
