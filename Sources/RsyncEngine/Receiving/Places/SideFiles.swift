import Glibc
import LinuxSystem
import VolumeAccess

/// Finds and opens the files of ``SidePlaces``.
///
/// One thread uses it; directories stay open as in a ``DirectoryCache``.
final class SideFiles {
    private let places: SidePlaces
    private let alternates: [DirectoryCache?]
    /// For each alternate directory, the subdirectory that was missing last.
    private var missing: [[UInt8]?]
    /// The directory whose partial files were looked up last, and where they are; nil when there are none.
    private var partials: (directory: VolumeDirectory, place: VolumeDirectory?)?

    /// The directory for all partial files, once it is open.
    private var fixed: VolumeDirectory?

    /// Files beside a destination.
    init(_ places: SidePlaces) {
        self.places = places
        alternates = places.alternates.map { $0.map { DirectoryCache(volume: $0, capacity: 4) } }
        missing = alternates.map { _ in nil }
    }

    /// The number of alternate directories.
    var alternateCount: Int { alternates.count }

    /// A directory of an alternate directory; nil if there is none, or it cannot be entered.
    ///
    /// - Parameters:
    ///   - number: Which one.
    ///   - parent: The directory's name in the transfer.
    /// - Returns: The directory.
    func alternate(_ number: Int, _ parent: [UInt8]) -> VolumeDirectory? {
        guard let cache = alternates[number], missing[number] != parent else { return nil }
        do throws(VolumeError) {
            return try cache.directory(parent.span)
        } catch {
            // As in rsync: what cannot be entered has nothing that would serve.
            missing[number] = parent
            return nil
        }
    }

    /// Whether a daemon's module hides a file of an alternate directory.
    ///
    /// - Parameters:
    ///   - leaf: The file's name.
    ///   - parent: The name of its directory in the transfer.
    ///   - number: The alternate directory.
    /// - Returns: The verdict.
    func hides(_ leaf: some Sequence<UInt8>, _ parent: [UInt8], alternate number: Int) -> Bool {
        places.hidden[number]?.hides(leaf, below: parent) ?? false
    }

    /// Where the partial file of a name is.
    ///
    /// - Parameters:
    ///   - leaf: The name.
    ///   - directory: The destination directory.
    ///   - isMaking: Whether the place is made if missing.
    /// - Returns: Nil if there is none, if a daemon's module hides it, or if it is the destination directory itself: there
    ///   the finished file would be taken for its own partial, and removed.
    /// - Throws: ``VolumeError``, except when it does not exist.
    func partials(
        of leaf: ArraySlice<UInt8>,
        in directory: VolumeDirectory,
        making isMaking: Bool = false
    ) throws(VolumeError) -> VolumeDirectory? {
        if let hidden = places.hiddenPartials, hidden.hides(leaf, below: path(ofPartials: directory)) { return nil }
        guard let place = try place(ofPartials: directory, making: isMaking) else { return nil }
        let (own, other) = (try directory.status(), try place.status())
        return own.device == other.device && own.inode == other.inode ? nil : place
    }

    /// The path of the place from where it is looked for.
    private func path(ofPartials directory: VolumeDirectory) -> [UInt8] {
        guard case .below(let path) = places.partials else { return [] }
        return directory.path(of: path.span)
    }

    private func place(
        ofPartials directory: VolumeDirectory,
        making isMaking: Bool
    ) throws(VolumeError) -> VolumeDirectory? {
        switch places.partials {
        case nil: return nil
        case .fixed(let path, let side):
            if let fixed { return fixed }
            do throws(VolumeError) {
                fixed = try open(path, side, making: isMaking)
            } catch {
                guard !isMaking, error.isMissing || error.isSymbolicLinkRefused else { throw error }
            }
            return fixed
        case .below(let path):
            if let known = partials, known.directory === directory, known.place != nil || !isMaking {
                return known.place
            }
            if isMaking {
                try Self.make(path, below: directory)
            }
            let place = try directory.directoryIfPresent(path.span)
            partials = (directory, place)
            return place
        }
    }

    /// Opens the directory for all partial files.
    private func open(_ path: [UInt8], _ side: SidePath, making isMaking: Bool) throws(VolumeError) -> VolumeDirectory {
        do throws(VolumeError) {
            return try side.open(path).root
        } catch {
            guard isMaking, error.isMissing else { throw error }
            let parts = PathParts(path)
            try Self.make(parts.leaf, below: side.open(parts.directory).root)
            return try side.open(path).root
        }
    }

    /// Makes the last directory of a path for partial files, the only one that is made (rsync(1), `--partial-dir`).
    private static func make(_ path: [UInt8], below directory: VolumeDirectory) throws(VolumeError) {
        let parts = PathParts(path)
        do throws(VolumeError) {
            let holder = parts.hasParent ? try directory.openDirectory(beneath: parts.parent.span) : directory
            try holder.createDirectory(parts.leaf.span)
        } catch {
            guard error.number != EEXIST else { return }
            guard let number = error.number else { throw error }
            throw .system(operation: "mkdir", path: directory.path(of: path.span), number: number)
        }
    }

    /// Removes a partial file that is no longer needed, and its directory when that is empty.
    func removePartial(of leaf: ArraySlice<UInt8>, in directory: VolumeDirectory) {
        do throws(VolumeError) {
            guard let place = try partials(of: leaf, in: directory) else { return }
            try place.remove(leaf.span)
            removePlace(of: directory)
        } catch {
            // It is gone already.
        }
    }

    /// Removes the directory for the partial files of a directory when it is empty.
    func removePlace(of directory: VolumeDirectory) {
        guard case .below(let path) = places.partials else { return }
        do throws(VolumeError) {
            partials = nil
            let parts = PathParts(path)
            let holder = parts.hasParent ? try directory.directoryIfPresent(parts.parent.span) : directory
            try holder?.removeDirectory(parts.leaf.span)
        } catch {
            // Others are still needed.
        }
    }

    /// Opens a file for reading.
    ///
    /// - Parameters:
    ///   - place: Where it is.
    ///   - leaf: The entry's name at the destination.
    ///   - parent: The name of its directory in the transfer.
    ///   - directory: Its directory at the destination.
    /// - Returns: Nil if there is none.
    /// - Throws: ``VolumeError``; ``VolumeError/notRegular(path:)`` for anything but a file.
    func open(
        _ place: BasisPlace,
        of leaf: ArraySlice<UInt8>,
        _ parent: [UInt8],
        in directory: VolumeDirectory
    ) throws(VolumeError) -> ReadableFile? {
        guard let found = try find(place, of: leaf, parent, in: directory) else { return nil }
        return try found.directory.openForReading(found.leaf.span)
    }

    /// The directory and the name of a place.
    func find(
        _ place: BasisPlace,
        of leaf: ArraySlice<UInt8>,
        _ parent: [UInt8],
        in directory: VolumeDirectory
    ) throws(VolumeError) -> (directory: VolumeDirectory, leaf: ArraySlice<UInt8>)? {
        switch place {
        case .destination, .backup: (directory, leaf)
        case .partial: try partials(of: leaf, in: directory).map { ($0, leaf) }
        case .alternate(let number): alternate(number, parent).map { ($0, leaf) }
        case .fuzzy(let name): (directory, name[...])
        case .fuzzyAlternate(let number, let name): alternate(number, parent).map { ($0, name[...]) }
        }
    }

    /// The path of a file in messages, below the destination or absolute.
    func shown(
        _ place: BasisPlace,
        of leaf: ArraySlice<UInt8>,
        _ parent: [UInt8],
        in directory: VolumeDirectory
    ) -> [UInt8] {
        let separator = [PathParts.separator]
        func inAlternate(_ number: Int, _ name: [UInt8]) -> [UInt8] {
            let directory = parent.isEmpty ? [] : separator + parent
            return places.alternatePaths[number] + directory + separator + name
        }
        switch place {
        case .destination, .backup: return directory.path(of: leaf.span)
        case .partial:
            switch places.partials {
            case .below(let path):
                let name = path + separator + leaf
                return directory.path(of: name.span)
            case .fixed(let path, let side): return side.shown(path) + separator + leaf
            case nil: return directory.path(of: leaf.span)
            }
        case .alternate(let number): return inAlternate(number, Array(leaf))
        case .fuzzy(let name): return directory.path(of: name.span)
        case .fuzzyAlternate(let number, let name): return inAlternate(number, name)
        }
    }
}
