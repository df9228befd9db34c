import FileMetadata
import Glibc
import RsyncOptions
import RsyncWire
import VolumeAccess

/// The files that requested content is compared with, or that are linked or copied in its place.
///
/// Used on the generator's thread only.
struct ContentBases {
    /// The result of opening what an entry's content is compared with.
    enum Opened {
        /// There is nothing to compare with.
        case nothing
        case file(ReadableFile)
        case unreadable(UnreadableFile)
    }

    let context: GeneratorContext
    let sideFiles: SideFiles

    /// Opens the basis for a delta: the chosen file, or the existing one.
    func open(_ chosen: BasisCandidate?, for candidate: Candidate, in directory: VolumeDirectory) -> Opened {
        let isAppending = context.rules.isAppending(candidate)
        guard !candidate.isUnreadable, context.rules.wantsDelta || isAppending else { return .nothing }
        // What is continued is only the file itself.
        guard chosen == nil || !isAppending else { return .nothing }
        do throws(VolumeError) {
            let file = try file(chosen, for: candidate, in: directory)
            return file.map { $0.status.size > 0 ? Opened.file($0) : .nothing } ?? .nothing
        } catch {
            guard !error.isNoFile else {
                // For a second request that is reported, unless it has vanished.
                if chosen == nil, !error.isMissing { context.report(error, "open") }
                return .nothing
            }
            return .unreadable(unreadable(chosen?.place ?? .destination, of: candidate, in: directory, error))
        }
    }

    private func file(
        _ chosen: BasisCandidate?,
        for candidate: Candidate,
        in directory: VolumeDirectory
    ) throws(VolumeError) -> ReadableFile? {
        if let chosen {
            return try sideFiles.open(chosen.place, of: candidate.leaf, candidate.parent, in: directory)
        }
        // For a second request, what is no longer a file fails to open.
        guard let current = candidate.current, current.isRegular || current.size > 0 && candidate.attempt > 0 else {
            return nil
        }
        return try directory.openForReading(candidate.leaf.span, orDevice: candidate.isDevice)
    }

    /// Whether a file that is transferred whole gets the permissions of a new one, although another takes its place or
    /// serves as its model: as in rsync, one that cannot be read does not pass them on.
    func losesPermissions(_ chosen: BasisCandidate?, of candidate: Candidate, in directory: VolumeDirectory) -> Bool {
        let rules = context.rules
        guard !rules.isRoot, !rules.keepsPermissions, !rules.wantsDelta, !candidate.isUnreadable else { return false }
        do throws(VolumeError) {
            _ = try file(chosen, for: candidate, in: directory)
            return false
        } catch {
            return !error.isNoFile
        }
    }

    /// The directory and the name of an alternate directory's entry that was found before.
    func find(
        _ basis: BasisCandidate,
        _ candidate: Candidate,
        in directory: VolumeDirectory
    ) throws(VolumeError) -> (directory: VolumeDirectory, leaf: ArraySlice<UInt8>) {
        if let found = try sideFiles.find(basis.place, of: candidate.leaf, candidate.parent, in: directory) {
            return found
        }
        throw .system(operation: "open", path: directory.path(of: candidate.leaf.span), number: ENOENT)
    }

    /// Describes a file that cannot be read.
    func unreadable(
        _ place: BasisPlace,
        of candidate: Candidate,
        in directory: VolumeDirectory,
        _ error: VolumeError,
        isCopied: Bool = false
    ) -> UnreadableFile {
        let path = sideFiles.shown(place, of: candidate.leaf, candidate.parent, in: directory)
        return UnreadableFile(path: path, error: error, isCopied: isCopied)
    }
}

// MARK: alternate directories

extension ContentBases {
    /// Says why a file could not be linked, if names are shown.
    func mention(
        _ error: VolumeError,
        linking candidate: Candidate,
        to basis: BasisCandidate,
        in directory: VolumeDirectory
    ) {
        let state = context.state
        guard state.options.output.level(.name) > 0 else { return }
        let other = unreadable(basis.place, of: candidate, in: directory, error).path
        let own = state.atDestination(directory.path(of: candidate.leaf.span))
        state.inform(
            "rsync: [generator] link \"",
            own + Array("\"\(state.place.suffix) => ".utf8) + other,
            " failed: \(error.reason)"
        )
    }

    /// Copies a file of an alternate directory.
    ///
    /// - Returns: The file if it cannot be read; nil when it was copied.
    func copy(
        _ basis: BasisCandidate,
        _ candidate: Candidate,
        _ attributes: FileAttributes,
        in directory: VolumeDirectory
    ) throws(VolumeError) -> UnreadableFile? {
        let source: ReadableFile
        do throws(VolumeError) {
            let found = try find(basis, candidate, in: directory)
            source = try found.directory.openForReading(found.leaf.span)
            // With the listed time on it, other content would never be noticed.
            guard source.status.size == basis.status.size, source.status.modified == basis.status.modified else {
                throw .system(operation: "open", path: source.path, number: ESTALE)
            }
        } catch {
            return unreadable(basis.place, of: candidate, in: directory, error, isCopied: true)
        }
        let staged = try directory.stage(
            candidate.leaf.span,
            replacing: candidate.current != nil,
            permissions: attributes.permissions ?? basis.status.permissions
        )
        do throws(VolumeError) {
            try staged.copyWhole(from: source, betweenPieces: context.stayAlive)
        } catch {
            guard error.number == EIO else { throw error }
            staged.discard()
            return unreadable(basis.place, of: candidate, in: directory, error, isCopied: true)
        }
        // Where none are wanted, none are set or removed afterwards.
        if let names = context.rules.attributeNames, let wanted = candidate.metadata?.extended, wanted != .empty {
            context.report(staged.copyAttributes(from: source, lists: false) { names.listedName(of: $0) != nil })
        }
        context.report(try staged.commit(attributes))
        context.synchronizer?.note(directory.path(of: candidate.leaf.span), size: basis.status.size)
        return nil
    }
}

extension Candidate {
    /// The name of its directory in the transfer.
    fileprivate var parent: [UInt8] { Array(list.parent(of: entry)) }
}

extension VolumeError {
    /// Whether there is nothing, or no regular file, where one was to be opened.
    fileprivate var isNoFile: Bool { number == nil || isMissing || isSymbolicLinkRefused || number == ENXIO }
}
