import Glibc
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
    /// The name for the only file of the transfer, if the argument named a file.
    let localName: [UInt8]?
    /// Whether this run created the directory.
    let wasCreated: Bool
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
        places.backups.map { Backups($0, of: volume, state) }
    }

    /// Keeps open the directories that a thread is working in.
    func directories(capacity: Int) -> DirectoryCache {
        DirectoryCache(volume: volume, capacity: capacity, following: following)
    }

    /// The last component an entry has at the destination.
    func leaf(of entry: FileEntry, in list: FileList) -> ArraySlice<UInt8> {
        localName.map { $0[...] } ?? list.leaf(of: entry)
    }

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
        let folder = destination.localName == nil ? path : PathParts(path).parent
        let side = SidePath(base: argument.base, basePath: folder, destination: destination.volume)
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
        let single = list.count == 1 && !isMore ? list.entries[0] : nil
        let isFile = single.map { !$0.isDirectory } ?? false
        switch try opener.kind(of: path) {
        case .directory: return opener.destination(try opener.open(path), path)
        case .other:
            guard isFile, !hasSlash else {
                let text = "ERROR: destination must be a directory when copying more than 1 file"
                throw .usage(text, exitCode: 3)
            }
            return try opener.file(path)
        case .missing:
            if isFile, !hasSlash, !path.isEmpty { return try opener.file(path) }
            return opener.destination(try opener.make(path), path, wasCreated: true)
        }
    }
}

/// Opens or creates the destination directory, below a module's root or by the operator's path.
private struct DestinationOpener {
    let base: Volume?
    let state: SessionState

    enum Kind { case directory, other, missing }

    private func isBase(_ path: [UInt8]) -> Bool { path.isEmpty || path == [UInt8(ascii: ".")] }

    func destination(
        _ volume: Volume,
        _ path: [UInt8],
        localName: [UInt8]? = nil,
        wasCreated: Bool = false
    ) -> Destination {
        let root = base.map { FilterRoot(module: $0, path: path) } ?? FilterRoot(volume)
        state.setDestination(root)
        return Destination(
            volume: volume,
            localName: localName,
            wasCreated: wasCreated,
            filterRoot: root,
            following: state.options.selection.followsAtDestination ? .inside : .never
        )
    }

    func kind(of path: [UInt8]) throws(EngineError) -> Kind {
        do throws(VolumeError) {
            _ = try openVolume(path)
            return .directory
        } catch {
            if error.isMissing { return .missing }
            guard error.number == ENOTDIR else { throw .volume("the destination cannot be opened", error) }
            return .other
        }
    }

    func open(_ path: [UInt8]) throws(EngineError) -> Volume {
        do throws(VolumeError) {
            return try openVolume(path)
        } catch {
            throw .volume("the destination cannot be opened", error)
        }
    }

    private func openVolume(_ path: [UInt8]) throws(VolumeError) -> Volume {
        guard let base else {
            let path = isBase(path) ? [UInt8(ascii: ".")] : path
            return try Volume.open(path: path.span)
        }
        return isBase(path) ? base : try base.volume(at: path.span)
    }

    /// A destination that is one file in its directory.
    func file(_ path: [UInt8]) throws(EngineError) -> Destination {
        let parts = PathParts(path)
        try makePath(parts.folder)
        return destination(try open(parts.folder), parts.folder, localName: parts.leaf)
    }

    /// Makes missing directories of a path, if that is wanted (`--mkpath`).
    private func makePath(_ path: [UInt8]) throws(EngineError) {
        guard state.options.placement.makesPath, state.execution.changesDestination, !path.isEmpty else { return }
        do throws(VolumeError) {
            if let base {
                let inside = SidePath.normalized(path)
                if !inside.isEmpty { try base.root.makePath(inside.span, permissions: 0o777) }
            } else {
                _ = try Volume.open(path: ".").open(outside: path, making: 0o777)
            }
        } catch {
            throw .volume("the destination's path cannot be made", error)
        }
    }

    func make(_ path: [UInt8]) throws(EngineError) -> Volume {
        let parts = PathParts(path)
        try makePath(parts.folder)
        do throws(VolumeError) {
            let volume = try openVolume(parts.folder)
            guard try state.execution.makeRoot(parts.leaf, in: volume) else { return volume }
            let output = state.options.output
            if output.level(.name) > 0 || output.itemize > 0 || output.hasFormat {
                state.inform("created directory ", path)
            }
            return try openVolume(path)
        } catch {
            guard let number = error.number else { throw .volume("the destination cannot be made", error) }
            let what = "\"\(printable(state.place.shown(argument: path)))\"\(state.place.suffix)"
            let reason = "\(SystemError.text(of: number)) (\(number))"
            throw .usage("rsync: [Receiver] mkdir \(what) failed: \(reason)", exitCode: 11)
        }
    }
}
