import Synchronization
import Checksums
import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Lists the sources, directory by directory, ahead of the sending thread.
///
/// With incremental recursion each directory becomes a list of its own, depth first and in the sorted order of its
/// siblings (protocol specification, transfer 4.3); without it there is a single list.
///
/// ## Concurrency model
/// Runs on the thread `walk`. A list belongs to the consumer once it is pushed.
final class SourceWalker {
    /// Entries that may be listed ahead of the sender.
    static let readAhead = 20_000

    private let sources: [SourceRoot]
    private let state: SessionState
    private let lists: BoundedQueue<FileList>
    private let isIncremental: Bool
    private let fileRecipe: ChecksumRecipe
    private var reader = WholeFileReader()
    /// The directories that have still to be listed, and their indexes.
    private var traversal: LiveFileLists
    /// The filter rules below each source, once they are needed.
    private var filters: [Int: DirectoryFilters] = [:]
    /// Error bits already sent to the peer with a list.
    private var toldBits: Int32 = 0

    init(sources: [SourceRoot], state: SessionState, lists: BoundedQueue<FileList>) {
        self.sources = sources
        self.state = state
        self.lists = lists
        isIncremental = state.parameters.isIncremental
        fileRecipe = state.parameters.fileRecipe
        traversal = LiveFileLists(isIncremental: isIncremental)
    }

    /// Lists everything, then closes the queue.
    func run() {
        let sortsByBytes = state.parameters.dialect.sortsByBytes
        let first = FileList(start: traversal.nextStart, directory: -1, sortsByBytes: sortsByBytes)
        for (number, source) in sources.enumerated() {
            let start = first.count
            add(source, UInt16(number), to: first)
            // What is below a source follows it: before protocol 30 that tells which directories have contents.
            if !isIncremental { listWhole(into: first, from: start) }
        }
        guard isIncremental else {
            hand(over: first)
            state.progress.isListComplete.store(true, ordering: .relaxed)
            return lists.close()
        }
        hand(over: first)
        while state.options.selection.recursive, state.failure == nil, let numbers = traversal.nextDirectory() {
            let list = FileList(start: traversal.nextStart, directory: numbers.lowerBound)
            for number in numbers {
                guard let directory = traversal.directory(number) else { continue }
                addChildren(of: Array(directory.name), directory.entry.source, to: list)
            }
            hand(over: list)
        }
        state.progress.isListComplete.store(true, ordering: .relaxed)
        lists.close()
    }

    // MARK: lists

    /// Sorts a list and hands it to the sender.
    private func hand(over list: FileList) {
        list.sort()
        let bits = state.options.deletion.ignoreErrors ? 0 : state.errorBits.rawValue
        list.errorBits = bits == toldBits ? 0 : bits
        toldBits = bits
        traversal.append(list)
        traversal.releaseOldest()
        state.progress.entriesListed.add(Int64(list.count), ordering: .relaxed)
        lists.push(list, weight: max(1, list.count))
    }

    /// Adds everything below the directories from a position on.
    private func listWhole(into list: FileList, from start: Int) {
        guard state.options.selection.recursive else { return }
        var position = start
        while position < list.count, state.failure == nil {
            let entry = list.entries[position]
            let name = Array(list.name(of: entry))
            if entry.isDirectory, name != [UInt8(ascii: ".")] { addChildren(of: name, entry.source, to: list) }
            position += 1
        }
    }

    // MARK: entries

    private func add(_ source: SourceRoot, _ number: UInt16, to list: FileList) {
        let isContents = source.name == [UInt8(ascii: ".")]
        do throws(VolumeError) {
            let directory = source.volume.root
            guard let status = isContents ? try directory.status() : try directory.status(of: source.name.span) else {
                let text = state.describe("link_stat", source.argument, number: ENOENT, role: "sender")
                return state.report(text, .errorTransfer)
            }
            if isHidden(source.name, isDirectory: status.isDirectory, number) {
                let text = state.describe("link_stat", source.argument, number: ENOENT, role: "sender")
                return state.report(text, .errorTransfer)
            }
            if status.isDirectory, !state.options.selection.recursive {
                return state.report("skipping directory \(printable(source.name))", .info)
            }
            if !isContents, hasFilters,
                filters(of: number).excludesArgument(source.name, isDirectory: status.isDirectory)
            {
                return
            }
            append(status, parent: [], leaf: source.name.span, in: directory, number, to: list, isTop: true)
            if isContents { addChildren(of: [], number, to: list) }
        } catch {
            note(error, "link_stat")
        }
    }

    private func addChildren(of name: [UInt8], _ source: UInt16, to list: FileList) {
        do throws(VolumeError) {
            let directory = try sources[Int(source)].volume.directory(name.span)
            let listing = try directory.list(withStatus: true)
            list.entries.reserveCapacity(list.count + listing.count)
            let filters = hasFilters ? filters(of: source) : nil
            for index in 0..<listing.count {
                guard let status = listing.statuses[index] else { continue }
                let leaf = listing.name(index)
                if let filters, isExcluded(leaf, below: name, status, filters, source) { continue }
                if hidesNames, isHidden(leaf, below: name, status, in: directory, source) { continue }
                append(status, parent: name, leaf: leaf, in: directory, source, to: list, isTop: false)
            }
            for failure in listing.failures { note(failure.error, "readlink_stat") }
        } catch {
            note(error, "opendir")
        }
    }

    /// Whether a daemon's module hides names.
    private var hidesNames: Bool {
        !state.options.selection.moduleFilters.isEmpty || state.options.selection.ignoresUnreadable
    }

    private func isHidden(_ name: [UInt8], isDirectory: Bool, _ source: UInt16) -> Bool {
        ModuleFilters(state.options, in: sources[Int(source)].filterRoot.path)?.hides(name, isDirectory: isDirectory)
            ?? false
    }

    private func isHidden(
        _ leaf: Span<UInt8>,
        below parent: [UInt8],
        _ status: FileStatus,
        in directory: VolumeDirectory,
        _ source: UInt16
    ) -> Bool {
        let isRoot = parent.isEmpty || parent == [UInt8(ascii: ".")]
        let name = (isRoot ? [] : parent + [PathParts.separator]) + Array(copying: leaf)
        if isHidden(name, isDirectory: status.isDirectory, source) { return true }
        guard state.options.selection.ignoresUnreadable, status.isDirectory || status.isRegular else { return false }
        return !directory.canRead(leaf)
    }

    private var hasFilters: Bool { !state.options.selection.filters.isEmpty }

    private func filters(of source: UInt16) -> DirectoryFilters {
        if let known = filters[Int(source)] { return known }
        let root = sources[Int(source)]
        let made = DirectoryFilters(state: state, side: .sender, volume: root.volume) { root.filterRoot }
        filters[Int(source)] = made
        return made
    }

    private func isExcluded(
        _ leaf: Span<UInt8>,
        below parent: [UInt8],
        _ status: FileStatus,
        _ filters: DirectoryFilters,
        _ source: UInt16
    ) -> Bool {
        let volume = sources[Int(source)].volume
        return filters.isExcluded(leaf, below: parent, isDirectory: status.isDirectory) {
            (name) throws(VolumeError) in try volume.directory(name.span)
        }
    }

    private func append(
        _ status: FileStatus,
        parent: [UInt8],
        leaf: Span<UInt8>,
        in directory: VolumeDirectory,
        _ source: UInt16,
        to list: FileList,
        isTop: Bool
    ) {
        var entry = FileEntry(status)
        entry.source = source
        if !state.options.attributes.modeChanges.isEmpty { entry.apply(state.options.attributes.modeChanges) }
        if state.options.attributes.accessTimes > 0, !entry.isDirectory {
            var attributes = EntryAttributes()
            attributes.accessed = status.accessed.seconds
            entry.attributes = list.add(attributes)
        }
        do throws(VolumeError) {
            try addExtras(of: status, leaf: leaf, in: directory, &entry, to: list)
        } catch {
            return note(error, "readlink_stat")
        }
        if entry.isDirectory {
            if isTop { entry.flags.insert(.topDirectory) }
            if state.options.selection.recursive { entry.flags.insert(.hasContents) }
        }
        if entry.isRegular || entry.isSymbolicLink {
            state.progress.bytesListed.addClamped(entry.size)
        }
        guard list.add(entry, parent: parent, leaf: leaf) else {
            state.add(.general)
            let path = printable(directory.path(of: leaf))
            return state.report("rsync: [sender] cannot send long-named file \"\(path)\"", .error)
        }
    }

    /// Reads the rarer fields: a link's target, device numbers, the inode of a hard link, the checksum of `-c`.
    private func addExtras(
        of status: FileStatus,
        leaf: Span<UInt8>,
        in directory: VolumeDirectory,
        _ entry: inout FileEntry,
        to list: FileList
    ) throws(VolumeError) {
        let isLinked =
            state.options.attributes.hardLinks && !status.isDirectory
            && (status.linkCount > 1 || status.isRegular && state.parameters.dialect.listsEveryInode)
        let needsSum = state.options.comparison.checksum && status.isRegular
        guard status.isSymbolicLink || status.isDevice || isLinked || needsSum else { return }
        var extra = FileEntryExtra()
        if status.isSymbolicLink {
            let target = try directory.readLink(leaf)
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
        if needsSum {
            // A file that will not be sent is not read either; zeros stand for a checksum that cannot be computed.
            let isTooLarge = state.options.limits.largestFile.map { status.size > $0 } ?? false
            let sum =
                isTooLarge
                ? [UInt8](repeating: 0, count: fileRecipe.digestLength)
                : reader.digest(of: leaf, listedAs: status.modified, in: directory, fileRecipe)
            extra.checksumStart = list.store(sum)
        }
        entry.extra = Int32(list.extras.count)
        list.extras.append(extra)
    }

    // MARK: errors

    /// Reports a source that could not be listed (protocol specification, transfer 3.11).
    private func note(_ error: VolumeError, _ operation: String) {
        if error.isMissing {
            state.add(.vanished)
            state.report("file has vanished: \"\(printable(error.path))\"", .warning)
        } else {
            state.add(.general)
            let text = state.describe(operation, error.path, number: error.number ?? EIO, role: "sender")
            state.report(text, .errorTransfer)
        }
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
