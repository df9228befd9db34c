import LinuxSystem
import RsyncOptions
import RsyncWire
import Synchronization
import VolumeAccess

/// The roots that the entries of a session's lists are below, by the number that entries have.
///
/// ## Concurrency model
/// The walking thread adds roots, the threads that read files look them up; the lock guards both.
final class SourceTable: Sendable {
    /// A directory, and the name that its contents have before their own.
    struct Root: Sendable {
        let volume: Volume
        let prefix: [UInt8]
        /// The path from the volume's root to where its names begin; empty unless links are followed within a module.
        let base: [UInt8]
        /// See ``SourceRoot/argumentDirectory``.
        let argumentDirectory: [UInt8]

        /// The path below the volume's root of a directory of the transfer.
        func path(of directory: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
            guard !prefix.isEmpty || !base.isEmpty else { return directory }
            let inner = directory.count < prefix.count ? [] : directory.dropFirst(prefix.count)
            guard !base.isEmpty else { return inner }
            return inner.isEmpty || inner == [0x2e] ? base[...] : base + [PathParts.separator] + inner
        }

        /// Opens a directory of the transfer.
        func directory(
            _ name: ArraySlice<UInt8>,
            following: LinkFollowing
        ) throws(VolumeError) -> VolumeDirectory {
            try volume.directory(path(of: name).span, following: following)
        }
    }

    private struct Key: Hashable {
        let volume: ObjectIdentifier
        let prefix: [UInt8]
        let base: [UInt8]
    }

    private struct Known {
        var roots: [Root] = []
        var numbers: [Key: UInt16] = [:]
    }

    private let known = Mutex(Known())

    /// The number of a source's root; nil if there are too many.
    func number(of source: SourceRoot) -> UInt16? {
        known.withLock { known in
            let key = Key(volume: ObjectIdentifier(source.volume), prefix: source.prefix, base: source.base)
            if let number = known.numbers[key] { return number }
            guard let number = UInt16(exactly: known.roots.count) else { return nil }
            known.roots.append(
                Root(
                    volume: source.volume,
                    prefix: source.prefix,
                    base: source.base,
                    argumentDirectory: source.argumentDirectory
                )
            )
            known.numbers[key] = number
            return number
        }
    }

    /// The root with a number.
    func root(_ number: UInt16) -> Root { known.withLock { $0.roots[Int(number)] } }
}

/// The directories of sources that a thread is reading files in.
///
/// One thread uses it.
final class SourceDirectories {
    /// The most roots with open directories.
    private static let limit = 16

    private let table: SourceTable
    private let place: SourcePlace
    private let capacity: Int
    private let copiesDevices: Bool
    private let following: LinkFollowing
    /// The most recently used one is last.
    private var open: [(number: UInt16, root: SourceTable.Root, directories: DirectoryCache)] = []

    init(_ table: SourceTable, state: SessionState, capacity: Int) {
        self.table = table
        place = state.place
        self.capacity = capacity
        copiesDevices = state.options.attributes.copiesDevices
        following = state.options.selection.links.followsAny ? state.place.following : .never
    }

    /// Whether entries may be what links lead to.
    var follows: Bool { following != .never }

    /// The whole path of an entry for messages.
    func shown(_ entry: FileEntry, in list: FileList) -> [UInt8] {
        let root = table.root(entry.source)
        return place.shown(root.path(of: list.name(of: entry)), below: root)
    }

    /// What precedes an entry's name in the argument that it comes from.
    func argumentDirectory(of entry: FileEntry) -> [UInt8] { table.root(entry.source).argumentDirectory }

    /// Opens the file of an entry.
    func open(_ entry: FileEntry, in list: FileList) throws(VolumeError) -> ReadableFile {
        if follows { return try openFollowing(entry, in: list) }
        let directory = try directory(of: entry, in: list)
        return try directory.openForReading(
            list.leaf(of: entry).span,
            listedAs: entry.modificationTime,
            orDevice: copiesDevices
        )
    }

    /// Opens the file of an entry that may be what a link leads to.
    func openFollowing(_ entry: FileEntry, in list: FileList) throws(VolumeError) -> ReadableFile {
        let root = table.root(entry.source)
        let parent = root.path(of: list.parent(of: entry))
        let path = (parent.isEmpty ? [] : parent + [PathParts.separator]) + list.leaf(of: entry)
        return try root.volume.root.openForReading(path.span, following: following, orDevice: copiesDevices)
    }

    /// Reads an extended attribute of an entry; nil if it cannot be read.
    func extendedAttribute(_ name: [UInt8], of entry: FileEntry, in list: FileList) -> [UInt8]? {
        let root = table.root(entry.source)
        let whole = list.name(of: entry)
        let isItself = root.path(of: whole).isEmpty || whole.elementsEqual([UInt8(ascii: ".")])
        if isItself || follows, entry.isDirectory || entry.isRegular {
            let path = isItself && root.base.isEmpty ? [] : Array(root.path(of: whole))
            return root.volume.extendedAttribute(name, at: path, isDirectory: entry.isDirectory, following: following)
        }
        do throws(VolumeError) {
            return try directory(of: entry, in: list).extendedAttribute(name, of: list.leaf(of: entry).span)
        } catch {
            return nil
        }
    }

    /// The directory of an entry.
    func directory(of entry: FileEntry, in list: FileList) throws(VolumeError) -> VolumeDirectory {
        let parent = list.parent(of: entry)
        if let last = open.last, last.number == entry.source {
            return try last.directories.directory(last.root.path(of: parent).span)
        }
        if let index = open.firstIndex(where: { $0.number == entry.source }) {
            open.append(open.remove(at: index))
        } else {
            let root = table.root(entry.source)
            if open.count == Self.limit { open.removeFirst() }
            open.append((entry.source, root, DirectoryCache(volume: root.volume, capacity: capacity)))
        }
        return try directory(of: entry, in: list)
    }
}
