import LinuxSystem
import RsyncOptions
import RsyncWire
package import VolumeAccess

/// The destination as given by an argument.
package struct DestinationArgument: Sendable {
    /// The directory that the path is relative to: a module's root, or nil for the working directory.
    package let base: Volume?
    /// The path; empty or `.` for the base itself.
    package let path: [UInt8]

    /// Names a destination.
    package init(base: Volume? = nil, path: [UInt8]) {
        self.base = base
        self.path = path
    }
}

/// The destination directory, held open.
struct Destination: Sendable {
    let volume: Volume
    /// The name for the only entry of the transfer, if the argument named it.
    let localName: [UInt8]?
    /// Whether this run created the directory.
    let wasCreated: Bool
    /// Whether the directory is the only entry of the transfer, under another name.
    var isOnlyEntry = false
    /// The directories beside it that options name.
    var places = SidePlaces.none
    /// The place of the directory, for filter rules.
    let filterRoot: FilterRoot
    /// What links to directories may lead to (`--keep-dirlinks`, `--no-implied-dirs`).
    let following: LinkFollowing

    init(
        volume: Volume,
        localName: [UInt8]?,
        wasCreated: Bool,
        filterRoot: FilterRoot? = nil,
        following: LinkFollowing = .never
    ) {
        self.following = following
        self.volume = volume
        self.localName = localName
        self.wasCreated = wasCreated
        self.filterRoot = filterRoot ?? FilterRoot(volume)
    }

    /// What keeps backups on one thread; nil when none are made.
    func backups(_ state: SessionState) -> Backups? {
        places.backups.map { Backups($0, of: volume, following, state) }
    }

    /// Keeps open the directories that a thread is working in.
    func directories(capacity: Int) -> DirectoryCache {
        DirectoryCache(volume: volume, capacity: capacity, following: following)
    }

    /// The last component an entry has at the destination.
    func leaf(of entry: FileEntry, in list: FileList) -> ArraySlice<UInt8> {
        localName.map { $0[...] } ?? list.leaf(of: entry)
    }

    /// The path a directory of the transfer has below the destination's root; `.` for the root.
    func path(ofDirectory name: [UInt8]) -> [UInt8] { isOnlyEntry ? [UInt8(ascii: ".")] : localName ?? name }

    /// The path an entry has below the destination's root.
    func path(of entry: FileEntry, in list: FileList) -> [UInt8] { localName ?? Array(list.name(of: entry)) }

    /// Opens the destination for the contents of the first list (protocol specification, transfer 11.1).
    ///
    /// - Parameters:
    ///   - argument: The destination.
    ///   - list: The first list.
    ///   - isMore: Whether more entries follow in other lists.
    ///   - state: Supplies options and reports.
    /// - Returns: The destination, created if it was missing.
    /// - Throws: ``EngineError/usage(_:exitCode:)`` with code 3, or ``EngineError/volume(_:_:)``.
    static func open(
        _ argument: DestinationArgument,
        for list: FileList,
        isMore: Bool,
        state: SessionState
    ) throws(EngineError) -> Destination {
        var path = argument.path
        let hasSlash = path.last == PathParts.separator
        while path.count > 1, path.last == PathParts.separator { path.removeLast() }
        var destination = try open(path, hasSlash: hasSlash, argument, for: list, isMore: isMore, state)
        let placement = state.options.placement
        guard SidePlaces.areWanted(by: placement) else { return destination }
        let directory = destination.localName == nil ? path : PathParts(path).parent
        let side = SidePath(
            base: argument.base,
            basePath: directory,
            destination: destination.volume,
            rule: state.pathRule(for: argument.base, followsAbsolute: true)
        )
        destination.places = try SidePlaces(placement, side, state)
        return destination
    }

    private static func open(
        _ path: [UInt8],
        hasSlash: Bool,
        _ argument: DestinationArgument,
        for list: FileList,
        isMore: Bool,
        _ state: SessionState
    ) throws(EngineError) -> Destination {
        let opener = DestinationOpener(base: argument.base, state: state)
        let isAlone = list.count <= 1 && !isMore
        let entry = list.entries.first { !$0.flags.contains(.blank) }
        let isDirectory = entry?.isDirectory ?? false
        let namesEntry = isAlone && !hasSlash && !path.isEmpty
        if state.options.placement.makesPath, !path.isEmpty {
            let directory = PathParts(path).directory
            let shown = namesEntry && list.count == 1 ? directory : path
            try opener.makePath(path, hasSlash: hasSlash, namesEntry: namesEntry, shownAs: shown)
        }
        switch try opener.kind(of: path, hasSlash: hasSlash) {
        case .directory: return opener.destination(try opener.open(path), path)
        case .other:
            guard isAlone else {
                throw .usage("ERROR: destination must be a directory when copying more than 1 file", exitCode: 3)
            }
            if isDirectory { throw .usage("ERROR: cannot overwrite non-directory with a directory", exitCode: 3) }
            return try opener.file(path)
        case .missing:
            guard namesEntry else { return try opener.make(path) }
            // What is only implied is left alone with `--no-implied-dirs`, and skipped with `--existing`.
            let isLeftAlone = !state.options.selection.impliedDirectories && entry?.isImplied == true
            let isMade = isDirectory && !isLeftAlone && !state.options.comparison.existing
            return isMade ? try opener.makeEntry(path) : try opener.file(path)
        }
    }
}
