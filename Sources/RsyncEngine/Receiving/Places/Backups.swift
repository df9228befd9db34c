import FileMetadata
import Glibc
import LinuxSystem
import RsyncOptions
import VolumeAccess

/// Keeps what is replaced or deleted (`-b`; protocol specification, transfer 16.3).
///
/// One thread uses it. An entry is linked to its backup's name, so that its own name is never missing; where links are not
/// possible, it is renamed, or copied to another file system.
final class Backups {
    /// Where backups are.
    enum Place: Sendable {
        /// Beside what they are of.
        case beside
        /// Below another directory, with the same path: the path as given, and how it is found.
        case below([UInt8], SidePath)
    }

    /// The options' wishes.
    struct Rules: Sendable {
        let place: Place
        let suffix: [UInt8]
        /// What a daemon's module hides below the directory that the place starts at.
        let hidden: ModuleFilters?

        /// Whether a name is that of a backup already.
        func isBackup(_ leaf: some Collection<UInt8>) -> Bool {
            guard case .beside = place else { return false }
            return leaf.count > suffix.count && Array(leaf.suffix(suffix.count)) == suffix
        }
    }

    private let rules: Rules
    private let state: SessionState
    private let destination: Volume
    private let following: LinkFollowing
    private var cache: DirectoryCache?

    /// - Parameters:
    ///   - rules: Where backups go.
    ///   - destination: The volume whose entries are kept.
    ///   - following: What links to its directories may lead to.
    ///   - state: Gets the message about each.
    init(_ rules: Rules, of destination: Volume, _ following: LinkFollowing, _ state: SessionState) {
        self.rules = rules
        self.following = following
        self.destination = destination
        self.state = state
    }

    /// Whether the directory of a deleted entry keeps its backup, so that it cannot be removed.
    var staysBeside: Bool { if case .beside = rules.place { true } else { false } }

    /// Makes a backup of an entry that is not a directory; its name may be used by another entry afterwards, or be free.
    ///
    /// - Parameters:
    ///   - leaf: Its name; nothing happens if there is no such entry.
    ///   - directory: Its directory.
    ///   - isDeleted: Whether it is deleted, not replaced: then nothing happens if its name is a backup's.
    ///   - isCopied: Whether the entry itself will be changed, so that its content has to be copied.
    /// - Throws: ``VolumeError``; the entry is unchanged.
    func keep(
        _ leaf: Span<UInt8>,
        in directory: VolumeDirectory,
        deleted isDeleted: Bool = false,
        copied isCopied: Bool = false
    ) throws(VolumeError) {
        guard let status = try directory.status(of: leaf), !status.isDirectory else { return }
        let path = directory.path(of: leaf)
        guard !(isDeleted && rules.isBackup(PathParts(path).leaf)) else { return }
        let name = PathParts(path).leaf + rules.suffix
        if let hidden = rules.hidden, hidden.hides(name, below: directory.relativePath) {
            // It would replace what the client must not see.
            throw .system(operation: "back up", path: path, number: EACCES)
        }
        let place = try self.place(for: directory)
        if isCopied {
            try copy(leaf, status, from: directory, to: place, as: name.span)
        } else {
            try move(leaf, status, from: directory, to: place, as: name.span)
        }
        guard state.options.output.level(.backup) > 0 else { return }
        state.inform("backed up ", path + Array(" to ".utf8) + shown(directory, name))
    }

    private func shown(_ directory: VolumeDirectory, _ name: [UInt8]) -> [UInt8] {
        let path = directory.path(of: name.span)
        guard case .below(let given, _) = rules.place else { return path }
        return given + (given.last == PathParts.separator ? [] : [PathParts.separator]) + path
    }

    private func move(
        _ leaf: Span<UInt8>,
        _ status: FileStatus,
        from directory: VolumeDirectory,
        to place: VolumeDirectory,
        as name: Span<UInt8>
    ) throws(VolumeError) {
        if try isLinked(leaf, from: directory, to: place, as: name) { return }
        do throws(VolumeError) {
            try directory.rename(leaf, to: place, as: name)
        } catch {
            guard error.number == EXDEV else { throw error }
            try copy(leaf, status, from: directory, to: place, as: name)
        }
    }

    /// Links an entry to its backup's name; false where that is not possible.
    private func isLinked(
        _ leaf: Span<UInt8>,
        from directory: VolumeDirectory,
        to place: VolumeDirectory,
        as name: Span<UInt8>
    ) throws(VolumeError) -> Bool {
        do throws(VolumeError) {
            try place.placeLink(from: directory, leaf, as: name, isReplacing: false)
            return true
        } catch {
            guard !error.isOutOfSpace else { throw error }
            return false
        }
    }

    /// Copies an entry with its attributes.
    private func copy(
        _ leaf: Span<UInt8>,
        _ status: FileStatus,
        from directory: VolumeDirectory,
        to place: VolumeDirectory,
        as name: Span<UInt8>
    ) throws(VolumeError) {
        var attributes = kept(of: status)
        // A device is only copied when its content is about to change.
        let isContent = status.isRegular || status.isDevice && state.options.placement.writesDevices
        switch status.kind {
        case _ where isContent:
            let staged = try place.stage(name, replacing: true, permissions: status.permissions)
            let source = try directory.openForReading(leaf, orDevice: status.isDevice)
            try staged.copyWhole(from: source)
            let (keepsLists, names) = (state.options.attributes.acls, state.attributeNames)
            var failures = staged.copyAttributes(from: source, lists: keepsLists) { names?.listedName(of: $0) != nil }
            failures += try staged.commit(attributes)
            state.report(attributes: failures, role: "generator")
            return
        case .symbolicLink:
            let target = try directory.readLink(leaf)
            try place.placeSymbolicLink(target.span, as: name, isReplacing: true)
            attributes.permissions = nil
        default:
            try place.placeNode(
                mode: status.mode,
                major: status.deviceMajor,
                minor: status.deviceMinor,
                as: name,
                isReplacing: true
            )
        }
        let failures = try place.setAttributes(name, attributes)
        state.report(attributes: failures, role: "generator")
    }

    /// The attributes of a copy: owner, group and time where they are preserved, and permissions.
    private func kept(of status: FileStatus) -> FileAttributes {
        let options = state.options.attributes
        var attributes = FileAttributes(permissions: status.permissions)
        if options.owner, options.privileges.isSuper(asRoot: geteuid() == 0) { attributes.owner = status.owner }
        if options.group { attributes.group = status.group }
        if options.times { attributes.modified = status.modified }
        guard !status.isDirectory else { return attributes }
        // Unlike rsync: what ran as another user must not run as this process's user.
        if attributes.owner == nil, status.owner != geteuid() { attributes.permissions = status.permissions & ~0o4000 }
        if attributes.group == nil, status.group != getegid() {
            attributes.permissions = attributes.permissions.map { $0 & ~0o2000 }
        }
        return attributes
    }

    // MARK: the directory of backups

    /// The directory for backups of a directory's entries, made with the attributes of the originals if it is missing.
    private func place(for directory: VolumeDirectory) throws(VolumeError) -> VolumeDirectory {
        guard case .below(let path, let side) = rules.place else { return directory }
        if cache == nil { cache = DirectoryCache(volume: try open(path, side)) }
        guard let cache else { return directory }
        let parent = directory.relativePath
        if let known = try cache.directoryIfPresent(parent) { return known }
        let ends = parent.indices.filter { parent[$0] == PathParts.separator } + [parent.count]
        for end in ends { try make(Array(parent[..<end]), in: cache) }
        return try cache.directory(parent.span)
    }

    /// Opens the directory that all backups are below; where that is refused, or a link on the way leads to nothing, nothing
    /// more is replaced.
    private func open(_ path: [UInt8], _ side: SidePath) throws(VolumeError) -> Volume {
        do throws(VolumeError) {
            let place = try side.open(path, making: 0o755)
            try checkNames(in: place)
            return place
        } catch {
            if error.isSymbolicLinkRefused || error.isMissing, let number = error.number {
                state.noteLink(error)
                let reason = "\(SystemError.text(of: number)) (\(number))"
                let shown = state.quoted(side.shown(path))
                let text = "rsync: [receiver] the backup directory \(shown) cannot be used: \(reason)"
                state.fail(.usage(text, exitCode: 11))
            }
            throw error
        }
    }

    /// Ends the session, before anything is replaced, if backups would have the names of what they are of.
    private func checkNames(in place: Volume) throws(VolumeError) {
        guard rules.suffix.isEmpty else { return }
        let (own, other) = (try destination.root.status(), try place.root.status())
        guard own.device == other.device, own.inode == other.inode else { return }
        state.fail(.usage("rsync: \(TransferOptions.Placement.suffixConflict)", exitCode: 1))
        throw .system(operation: "back up", path: destination.absolutePath, number: EEXIST)
    }

    /// Makes a directory of backups like its original, if it is missing.
    private func make(_ path: [UInt8], in cache: DirectoryCache) throws(VolumeError) {
        let part = PathParts(path)
        let holder = try cache.directory(part.parent.span)
        guard try holder.status(of: part.leaf.span) == nil else { return }
        do throws(VolumeError) {
            try holder.createDirectory(part.leaf.span)
        } catch {
            // Another thread's backups need it, too.
            guard error.number == EEXIST else { throw error }
            return
        }
        let original = try destination.directory(path.span, following: following).status()
        // The backup is what matters.
        _ = try holder.setAttributes(part.leaf.span, kept(of: original))
    }
}
