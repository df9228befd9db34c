import Checksums
import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import Synchronization
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
    /// The roots of the entries, for the threads that read files.
    let table = SourceTable()
    let state: SessionState
    private let lists: BoundedQueue<FileList>
    private let isIncremental: Bool
    /// Whether a daemon's module may hide entries.
    private let hidesEntries: Bool
    /// Makes entries of what is found.
    private let maker: EntryMaker
    /// The filter rules below each root, once they are needed.
    private var filters: [UInt16: DirectoryFilters] = [:]
    /// The places of the roots, for filter rules.
    private var places: [UInt16: FilterRoot] = [:]
    private var implied = ImpliedDirectories()
    /// The directories that have still to be listed, and their indexes.
    private var traversal: LiveFileLists
    /// Error bits already sent to the peer with a list.
    private var toldBits: Int32 = 0

    private var selection: TransferOptions.Selection { state.options.selection }

    /// - Parameters:
    ///   - sources: What to list.
    ///   - state: Supplies options, and reports.
    ///   - lists: Gets the lists.
    ///   - keepsValues: Whether long extended attributes are kept whole, for a local copy; otherwise by their digests.
    init(sources: [SourceRoot], state: SessionState, lists: BoundedQueue<FileList>, keepsValues: Bool = false) {
        self.sources = sources
        self.state = state
        self.lists = lists
        maker = EntryMaker(state: state, table, keepsValues: keepsValues)
        isIncremental = state.parameters.isIncremental
        hidesEntries = HiddenEntries(state.options, in: []) != nil
        traversal = LiveFileLists(isIncremental: isIncremental)
    }

    /// Lists everything, then closes the queue.
    func run() {
        // Before protocol 30, that what is below a source follows it tells which directories have contents.
        let sortsByBytes = state.parameters.dialect.sortsByBytes
        let first = FileList(start: traversal.nextStart, directory: -1, sortsByBytes: sortsByBytes)
        for source in sources {
            if let names = source.names { add(names, below: source, to: first) } else { add(source, to: first) }
        }
        hand(over: first)
        while isIncremental, selection.recursive, state.failure == nil, let numbers = traversal.nextDirectory() {
            let list = FileList(start: traversal.nextStart, directory: numbers.lowerBound)
            var listed: Set<UInt16> = []
            for number in numbers {
                guard let directory = traversal.directory(number) else { continue }
                guard directory.entry.flags.contains(.hasContents) else { continue }
                // One that two arguments name is listed once.
                guard listed.insert(directory.entry.source).inserted else { continue }
                addChildren(of: Array(directory.name), directory.entry.source, to: list)
            }
            hand(over: list)
        }
        state.progress.completeList()
        lists.close()
    }

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

    // MARK: arguments

    /// Adds the names of `--files-from`.
    private func add(_ names: FileNames, below source: SourceRoot, to list: FileList) {
        var resolver = SourceResolver(state.place, state.options)
        names.forEach { name in
            guard state.failure == nil else { return }
            do throws(VolumeError) {
                add(try resolver.resolve(name, below: source), to: list)
            } catch {
                noteArgument(error, source.shown(name, in: state.place))
            }
        }
    }

    private func add(_ source: SourceRoot, to list: FileList) {
        guard let number = table.number(of: source) else {
            let shown = PrintableText.path(source.argument)
            return state.report("too many source directories: \"\(shown)\"", .errorTransfer)
        }
        places[number] = places[number] ?? source.filterRoot
        do throws(VolumeError) {
            let isRoot = source.name == [UInt8(ascii: ".")]
            let root = table.root(number)
            let parts = PathParts(source.transferName)
            let parent = isRoot ? (source.prefix.isEmpty ? [] : source.transferName) : parts.parent
            let directory = try root.directory(parent[...], following: maker.following)
            guard let own = isRoot ? try directory.status() : try directory.status(of: parts.leaf.span) else {
                if state.options.deletion.deletesMissingSources { return addMissing(source, number, to: list) }
                addImplied(source, number, onlyRoot: true, to: list)
                if selection.ignoresMissing { return }
                return state.report(
                    state.place.failure("link_stat", source.shown(in: state.place), ENOENT),
                    .errorTransfer
                )
            }
            let item = WalkedItem(directory: directory, leaf: isRoot ? [] : parts.leaf, root: root)
            guard let status = try maker.followed(own, item, name: source.transferName) else {
                return maker.reportNoReferent(item)
            }
            if hidden(of: number)?.hides(argument: source.transferName, isDirectory: status.isDirectory) == true {
                return state.report(
                    state.place.failure("link_stat", source.shown(in: state.place), ENOENT),
                    .errorTransfer
                )
            }
            if !isRoot, hasFilters,
                filters(of: number).excludesArgument(source.transferName, isDirectory: status.isDirectory)
            {
                return addImplied(source, number, onlyRoot: true, to: list)
            }
            if status.isDirectory, !selection.takesDirectories {
                return state.inform("skipping directory ", source.transferName)
            }
            addImplied(source, number, to: list)
            let takesContents = status.isDirectory && (selection.recursive || source.takesContents)
            var flags: FileEntry.Flags = []
            if takesContents { flags = [.topDirectory, .hasContents] }
            guard append(status, item, source.transferName, number, flags, to: list), takesContents else { return }
            // With incremental recursion, what is in a named directory comes with the directory's own list.
            if isRoot && source.prefix.isEmpty || !isIncremental {
                addTree(source.transferName == [UInt8(ascii: ".")] ? [] : source.transferName, number, to: list)
            }
        } catch {
            guard error.isMissing, selection.relative, state.options.deletion.deletesMissingSources else {
                addImplied(source, number, onlyRoot: true, to: list)
                return noteArgument(error, source.shown(in: state.place))
            }
            addMissing(source, number, to: list)
        }
    }

    /// Adds an entry of mode 0, which has the destination of a missing source deleted (protocol specification, transfer
    /// 3.11).
    private func addMissing(_ source: SourceRoot, _ number: UInt16, to list: FileList) {
        addImplied(source, number, to: list)
        let parts = PathParts(source.transferName)
        var entry = FileEntry()
        entry.source = number
        _ = list.add(entry, parent: parts.parent, leaf: parts.leaf.span)
    }

    /// Adds the directories above an argument of `--relative`, once each.
    private func addImplied(_ source: SourceRoot, _ number: UInt16, onlyRoot: Bool = false, to list: FileList) {
        guard let base = source.impliedBase else { return }
        let path = onlyRoot ? [] : source.transferName
        implied.forEachNew(above: path, withRoot: source.impliesRoot) { name in
            do throws(VolumeError) {
                let components =
                    PathParts.components(of: source.impliedPath)
                    + PathParts.components(of: name).filter { $0 != [0x2e] }
                let path = Array(components.joined(separator: [PathParts.separator]))
                let directory = try base.directory(path.span, following: state.place.following)
                let status = try directory.status()
                var entry = maker.entry(of: status, number, [.topDirectory], to: list)
                maker.addMetadata(of: status, nil, in: directory, &entry, to: list)
                _ = list.add(entry, path: name)
            } catch {
                note(error, "readlink_stat", number)
            }
        }
    }

    // MARK: directories

    /// Adds what is in a directory, and in a single list also what is below it.
    private func addTree(_ name: [UInt8], _ source: UInt16, to list: FileList) {
        var start = list.count
        addChildren(of: name, source, to: list)
        guard !isIncremental, selection.recursive else { return }
        // Depth first, so that rules of merge files are read once for each directory.
        var open = [start..<list.count]
        while var range = open.popLast(), state.failure == nil {
            guard let position = range.popFirst() else { continue }
            open.append(range)
            let entry = list.entries[position]
            guard entry.isDirectory, entry.flags.contains(.hasContents) else { continue }
            start = list.count
            addChildren(of: Array(list.name(of: entry)), source, to: list)
            open.append(start..<list.count)
        }
    }

    private func addChildren(of name: [UInt8], _ source: UInt16, to list: FileList) {
        let root = table.root(source)
        do throws(VolumeError) {
            let directory = try root.directory(name[...], following: maker.following)
            let listing = try directory.list(withStatus: true)
            let device = selection.oneFileSystem > 0 ? try directory.status().device : nil
            // Only the list of one directory: reserving again for each directory would copy a whole list as often.
            if list.count == 0 { list.entries.reserveCapacity(listing.count) }
            let filters = hasFilters ? filters(of: source) : nil
            let hidden = hidden(of: source)
            for index in 0..<listing.count {
                guard let own = listing.statuses[index] else { continue }
                let leaf = listing.name(index)
                if let hidden, hidden.hides(leaf, below: name, own, in: directory) { continue }
                guard maker.follows(own) else {
                    if let filters, isExcluded(leaf, below: name, own, filters, root) { continue }
                    let flags = flags(of: own, leaf, in: directory, below: device)
                    if let flags { append(own, leaf, in: directory, below: name, source, flags, to: list) }
                    continue
                }
                let item = WalkedItem(directory: directory, leaf: listing.nameBytes(index), root: root)
                add(own, item, below: name, source, filters, device, to: list)
            }
            for failure in listing.failures { note(failure.error, "readlink_stat", source) }
        } catch {
            note(error, "opendir", source)
        }
    }

    /// Adds what a link in a directory leads to, or the link itself.
    private func add(
        _ own: FileStatus,
        _ item: WalkedItem,
        below parent: [UInt8],
        _ source: UInt16,
        _ filters: DirectoryFilters?,
        _ device: UInt64?,
        to list: FileList
    ) {
        let name = Self.join(parent, item.leaf)
        var status: FileStatus?
        var failure: VolumeError?
        do throws(VolumeError) {
            status = try maker.followed(own, item, name: name)
        } catch {
            failure = error
        }
        if let filters, isExcluded(item.leaf.span, below: parent, status ?? own, filters, item.root) { return }
        if let failure { return note(failure, "readlink_stat", source) }
        guard let status else { return maker.reportNoReferent(item) }
        guard let flags = flags(of: status, item.leaf.span, in: item.directory, below: device) else { return }
        append(status, item, name, source, flags, to: list)
    }

    private static func join(_ directory: [UInt8], _ leaf: [UInt8]) -> [UInt8] {
        directory.isEmpty ? leaf : directory + [PathParts.separator] + leaf
    }

    /// The flags of an entry that was found; nil for a mount point that is left out (rsync(1), `--one-file-system`).
    private func flags(
        of status: FileStatus,
        _ leaf: Span<UInt8>,
        in directory: VolumeDirectory,
        below device: UInt64?
    ) -> FileEntry.Flags? {
        guard status.isDirectory else { return [] }
        guard let device, status.device != device else { return selection.recursive ? [.hasContents] : [] }
        guard selection.oneFileSystem > 1 else { return [] }
        if state.options.output.level(.mount) > 0 {
            state.inform("[sender] skipping mount-point dir ", directory.path(of: leaf))
        }
        return nil
    }

    // MARK: filters

    private var hasFilters: Bool { !selection.filters.isEmpty }

    private func filters(of source: UInt16) -> DirectoryFilters {
        if let known = filters[source] { return known }
        let volume = table.root(source).volume
        let place = places[source] ?? FilterRoot(volume)
        let made = DirectoryFilters(state: state, side: .sender, volume: volume) { place }
        filters[source] = made
        return made
    }

    /// What a daemon's module hides below a root.
    private func hidden(of source: UInt16) -> HiddenEntries? {
        guard hidesEntries else { return nil }
        return HiddenEntries(state.options, in: places[source]?.path ?? [])
    }

    private func isExcluded(
        _ leaf: Span<UInt8>,
        below parent: [UInt8],
        _ status: FileStatus,
        _ filters: DirectoryFilters,
        _ root: SourceTable.Root
    ) -> Bool {
        let following = maker.following
        return filters.isExcluded(leaf, below: parent, isDirectory: status.isDirectory) {
            (name) throws(VolumeError) in try root.directory(name[...], following: following)
        }
    }

    // MARK: entries

    /// Adds what was found under a name of its directory.
    private func append(
        _ status: FileStatus,
        _ leaf: Span<UInt8>,
        in directory: VolumeDirectory,
        below parent: [UInt8],
        _ source: UInt16,
        _ flags: FileEntry.Flags,
        to list: FileList
    ) {
        var (status, entry) = (status, FileEntry())
        do throws(VolumeError) {
            status = try maker.asSent(status, leaf, in: directory)
            entry = maker.entry(of: status, source, flags, to: list)
            try maker.addExtras(of: status, leaf, in: directory, &entry, to: list)
        } catch {
            return note(error, "readlink_stat", source)
        }
        maker.addMetadata(of: status, leaf, in: directory, &entry, to: list)
        count(entry)
        if !list.add(entry, parent: parent, leaf: leaf) { reportTooLong(directory.path(of: leaf)) }
    }

    /// Adds an argument, or what a link leads to.
    ///
    /// - Returns: Whether it was added.
    @discardableResult
    private func append(
        _ status: FileStatus,
        _ item: WalkedItem,
        _ name: [UInt8],
        _ source: UInt16,
        _ flags: FileEntry.Flags,
        to list: FileList
    ) -> Bool {
        var (status, entry) = (status, FileEntry())
        do throws(VolumeError) {
            if !item.leaf.isEmpty { status = try maker.asSent(status, item.leaf.span, in: item.directory) }
            entry = maker.entry(of: status, source, flags, to: list)
            if !item.leaf.isEmpty { try maker.addExtras(of: status, item, &entry, to: list) }
        } catch {
            note(error, "readlink_stat", source)
            return false
        }
        maker.addMetadata(of: status, item, &entry, to: list)
        count(entry)
        guard list.add(entry, path: name) else {
            reportTooLong(name)
            return false
        }
        return true
    }

    private func count(_ entry: FileEntry) {
        if entry.isRegular || entry.isSymbolicLink { state.progress.bytesListed.addClamped(entry.size) }
    }

    // MARK: errors

    private func reportTooLong(_ path: [UInt8]) {
        state.add(.general)
        state.report("rsync: [sender] cannot send long-named file \"\(PrintableText.path(path))\"", .error)
    }

    /// Reports an argument that could not be listed: it does not keep anything from being deleted.
    private func noteArgument(_ error: VolumeError, _ path: [UInt8]) {
        // Without `--relative` it is not the name that is missing, but its directory.
        let isMissing = error.isMissing && selection.relative
        if isMissing, selection.ignoresMissing { return }
        if !isMissing { state.add(.general) }
        state.noteLink(error)
        state.report(state.place.failure("link_stat", path, error.number ?? EINVAL), .errorTransfer)
    }

    /// Reports something below a root that could not be listed (protocol specification, transfer 3.11).
    private func note(_ error: VolumeError, _ operation: String, _ source: UInt16) {
        if error.isMissing {
            state.add(.vanished)
            state.report("file has vanished: \"\(PrintableText.path(error.path))\"", .warning)
        } else {
            state.add(.general)
            state.report(state.describe(operation, error, below: table.root(source)), .errorTransfer)
        }
    }
}

/// The directories above the arguments of `--relative` that were sent already.
struct ImpliedDirectories {
    private var sent: Set<[UInt8]> = []

    /// Calls with each directory above a name that was not sent yet, from the top down.
    mutating func forEachNew(above name: [UInt8], withRoot: Bool = false, _ body: ([UInt8]) -> Void) {
        if withRoot, name != [0x2e], sent.insert([0x2e]).inserted { body([0x2e]) }
        for index in name.indices.dropFirst() where name[index] == PathParts.separator {
            let directory = Array(name[..<index])
            if sent.insert(directory).inserted { body(directory) }
        }
    }
}
