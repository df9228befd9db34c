import Glibc
import LinuxSystem
import RsyncOptions
import VolumeAccess

/// The directories beside the destination that a session uses.
final class SidePlaces: Sendable {
    /// Where what interrupted transfers leave is kept.
    enum Partials: Sendable {
        /// Below each directory of the destination.
        case below([UInt8])
        /// In one directory for all.
        case fixed([UInt8], SidePath)
    }

    /// Directories with further files; nil for those that cannot be opened.
    let alternates: [Volume?]
    /// Their paths, as messages show them.
    let alternatePaths: [[UInt8]]
    /// What a daemon's module hides in each of them; nil where it hides nothing.
    let hidden: [ModuleFilters?]
    let partials: Partials?
    /// Whose names those there are; nil where two files cannot have one name, or nothing waits there for its name.
    let heldNames: HeldNames?
    /// What a daemon's module hides below the directory that ``partials`` starts at.
    let hiddenPartials: ModuleFilters?
    /// Whether what an interrupted transfer leaves gets the file's own name where there is none yet (`--partial` without
    /// `--partial-dir`).
    let namesPartials: Bool
    /// Where backups go; nil when none are made.
    let backups: Backups.Rules?
    /// Where files are made before they get their names; nil for their own directories.
    private let temporary: Result<VolumeDirectory, VolumeError>?

    /// No directories.
    static let none = SidePlaces()

    private init() {
        alternates = []
        alternatePaths = []
        hidden = []
        partials = nil
        heldNames = nil
        hiddenPartials = nil
        namesPartials = false
        backups = nil
        temporary = nil
    }

    /// Opens the directories that the options name; those that are missing are reported.
    init(_ options: TransferOptions.Placement, _ path: SidePath, _ state: SessionState) throws(EngineError) {
        let place = options.backupDirectory.map { Backups.Place.below($0, path) } ?? .beside
        let hiddenBackups = ModuleFilters(state.options, in: path.modulePath(options.backupDirectory ?? []))
        let rules = Backups.Rules(place: place, suffix: options.backupSuffix, hidden: hiddenBackups)
        backups = options.makesBackups && state.execution.changesDestination ? rules : nil
        if let directory = options.backupDirectory { Self.show(backupDirectory: directory, path, state) }
        temporary = try options.temporaryDirectory.map { (name) throws(EngineError) in try Self.temporary(name, path) }
        alternates = options.alternates.map { Self.alternate($0, of: options.alternateUse, path, state) }
        alternatePaths = options.alternates.map { path.shown(Self.withoutSlashes($0)) }
        hidden = options.alternates.map { ModuleFilters(state.options, in: path.modulePath($0)) }
        namesPartials = options.partialPlace == nil
        let directory = Self.withoutSlashes(
            options.partialPlace ?? TransferOptions.Placement.usualPartialDirectory
        )
        let isFixed = directory.first == PathParts.separator
        hiddenPartials = ModuleFilters(state.options, in: path.modulePath(isFixed ? directory : []))
        guard options.keepsPartials else {
            partials = nil
            heldNames = nil
            return
        }
        heldNames = options.holdsUpdates && isFixed ? HeldNames() : nil
        partials = isFixed ? .fixed(directory, path) : .below(SidePath.normalized(directory))
        if isFixed { Self.noteLink(to: directory, path, state) }
    }

    /// Says so if a directory cannot be used because of a link of another user.
    private static func noteLink(to directory: [UInt8], _ path: SidePath, _ state: SessionState) {
        do throws(VolumeError) {
            _ = try path.open(directory)
        } catch {
            state.noteLink(error)
        }
    }

    private static func withoutSlashes(_ path: [UInt8]) -> [UInt8] {
        var path = path
        while path.count > 1, path.last == PathParts.separator { path.removeLast() }
        return path
    }

    private static func temporary(
        _ name: [UInt8],
        _ path: SidePath
    ) throws(EngineError) -> Result<VolumeDirectory, VolumeError> {
        do throws(VolumeError) {
            return .success(try path.open(name).root)
        } catch {
            // As in rsync, this concerns each file.
            if error.isSymbolicLinkRefused { return .failure(error) }
            let shown = PrintableText.path(name)
            if error.isMissing { throw .usage("The temp-dir does not exist: \(shown)", exitCode: 1) }
            if error.number == ENOTDIR { throw .usage("The temp-dir is not a directory: \(shown)", exitCode: 1) }
            throw .volume("the directory for temporary files cannot be opened", error)
        }
    }

    private static func show(backupDirectory: [UInt8], _ path: SidePath, _ state: SessionState) {
        guard state.options.output.level(.backup) > 0 else { return }
        let shown = withoutSlashes(backupDirectory)
        let isThere = (try? path.open(backupDirectory)) != nil
        state.inform(isThere ? "backup_dir is " : "(new) backup_dir is ", shown)
    }

    private static func alternate(
        _ directory: [UInt8],
        of use: AlternateUse,
        _ path: SidePath,
        _ state: SessionState
    ) -> Volume? {
        do throws(VolumeError) {
            return try path.open(directory)
        } catch {
            let option = "--\(use.rawValue)-dest"
            if error.linkNote != nil {
                state.noteLink(error)
                return nil
            }
            let shown = PrintableText.path(path.shown(directory))
            if error.isMissing {
                state.report("\(option) arg does not exist: \(shown)", .warning)
            } else if error.number == ENOTDIR {
                state.report("\(option) arg is not a dir: \(shown)", .warning)
            } else if error.isSymbolicLinkRefused, path.rule.limit != nil {
                let reason = "\(SystemError.text(of: ELOOP)) (\(ELOOP))"
                state.report("rsync: [generator] \(option) arg cannot be used: \(shown): \(reason)", .errorTransfer)
            } else {
                state.report("\(option) arg cannot be used: \(error)", .warning)
            }
            return nil
        }
    }
}

extension SidePlaces {
    /// Whether options name such a directory, or request what needs one.
    static func areWanted(by options: TransferOptions.Placement) -> Bool {
        options.keepsPartials || !options.alternates.isEmpty || options.makesBackups
            || options.temporaryDirectory != nil
    }

    /// The directory that a file is made in.
    ///
    /// - Parameter directory: The directory that it is for.
    /// - Returns: That directory, or the one for temporary files.
    /// - Throws: ``VolumeError`` if that for temporary files cannot be used.
    func stagingPlace(for directory: VolumeDirectory) throws(VolumeError) -> VolumeDirectory {
        try temporary?.get() ?? directory
    }

    /// Starts new content for a file.
    ///
    /// - Parameters:
    ///   - leaf: The file's name.
    ///   - directory: The directory that it is for.
    ///   - isReplacing: See ``VolumeDirectory/stage(_:replacing:permissions:for:)``.
    ///   - permissions: The file's final permissions.
    /// - Returns: The empty content.
    /// - Throws: ``VolumeError``.
    func stage(
        _ leaf: Span<UInt8>,
        in directory: VolumeDirectory,
        replacing isReplacing: Bool,
        permissions: UInt32
    ) throws(VolumeError) -> StagedFile {
        try stagingPlace(for: directory).stage(leaf, replacing: isReplacing, permissions: permissions, for: directory)
    }
}
