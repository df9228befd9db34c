import Checksums
import FileMetadata
import Glibc
import LinuxSystem
import VolumeAccess

/// Goes through a volume in the order of a manifest: a directory before what it holds, names in the order of their bytes.
///
/// The same entries as a transfer moves: `lost+found` at the top is left out, mount points are entered, symbolic links are
/// not followed. Entries that vanish on the way are left out and counted. One directory of each level of the way down is open.
///
/// Used by one thread.
final class CanonicalWalk {
    private static let lostAndFound = Array("lost+found".utf8)
    /// A directory that is being gone through.
    private struct Level {
        let directory: VolumeDirectory
        /// Its status before its names were listed.
        let status: FileStatus
        var names: SortedNames
        /// Its place among those of the batch that is being filled; nil when it has none there yet.
        var place: Int?
    }

    private let volume: Volume
    private let emit: (WalkBatch) -> Bool
    private var hasher: TreeHasher
    private var links = LinkGroups()
    private var levels: [Level] = []
    private var batch = WalkBatch()
    private let reading = AttributeReading.ofManifests

    /// Prepares a walk.
    ///
    /// - Parameters:
    ///   - volume: Where to go; it may change meanwhile.
    ///   - function: Of the digests of long attributes.
    ///   - emit: Gets each batch; false ends the walk.
    init(_ volume: Volume, _ function: TreeHashFunction, emit: @escaping (WalkBatch) -> Bool) {
        self.volume = volume
        self.emit = emit
        hasher = TreeHasher(function)
    }

    /// Walks to the end.
    ///
    /// - Throws: `VolumeError` when the root's status cannot be read.
    func run() throws(VolumeError) {
        var root = WalkedEntry(name: [], status: try volume.root.status())
        readAttributes(of: nil, in: volume.root, into: &root)
        guard enter(volume.root, root) else { return }
        while let top = levels.indices.last {
            let name: [UInt8]?
            do throws(SystemError) {
                name = try levels[top].names.take()
            } catch {
                // Names of a very large directory, in a file of our own.
                lose(
                    .system(operation: error.operation, path: levels[top].directory.relativePath, number: error.number)
                )
                name = nil
            }
            if let name {
                guard visit(name) else { return }
            } else {
                leave(levels.removeLast())
            }
            if batch.isFull { guard flush() else { return } }
        }
        _ = flush()
    }

    private func note(_ error: VolumeError) { batch.failures.append(error) }

    private func lose(_ error: VolumeError) { batch.losses.append(error) }

    /// Ends a directory: one in which names came or went since it was listed is not what the manifest says.
    private func leave(_ level: Level) {
        do throws(VolumeError) {
            batch.steps.append(.leave(isChanging: !level.status.hasSameContent(as: try level.directory.status())))
        } catch {
            lose(error)
            batch.steps.append(.leave(isChanging: false))
        }
    }

    private func flush() -> Bool {
        defer {
            batch = WalkBatch()
            for index in levels.indices { levels[index].place = nil }
        }
        return emit(batch)
    }

    // MARK: entries

    /// Adds an entry of the directory that is being gone through.
    private func visit(_ name: [UInt8]) -> Bool {
        let directory = levels[levels.count - 1].directory
        if levels.count == 1, name == Self.lostAndFound { return true }
        do throws(VolumeError) {
            guard let status = try directory.status(of: name.span) else {
                batch.vanished += 1
                return true
            }
            var entry = WalkedEntry(name: name, status: status, directory: place())
            readAttributes(of: name, in: directory, into: &entry)
            if status.isDirectory {
                do throws(VolumeError) {
                    return enter(try directory.openDirectory(name.span), entry)
                } catch {
                    note(error)
                    entry.notes.isUnreadable = true
                    batch.entries.append(entry)
                    batch.steps += [.enter, .leave(isChanging: false)]
                    return true
                }
            }
            if status.isSymbolicLink { readTarget(of: name, in: directory, into: &entry) }
            entry.firstPath = links.firstPath(status, directory.path(of: name.span))
            batch.entries.append(entry)
            batch.steps.append(.entry)
        } catch {
            // It was listed, so the manifest has it, as an entry of which no more is known.
            note(error)
            var entry = WalkedEntry(name: name, status: FileStatus(mode: 0), directory: place())
            entry.notes.isUnreadable = true
            batch.entries.append(entry)
            batch.steps.append(.entry)
        }
        return true
    }

    private func readTarget(of name: [UInt8], in directory: VolumeDirectory, into entry: inout WalkedEntry) {
        do throws(VolumeError) {
            entry.target = try directory.readLink(name.span)
        } catch {
            note(error)
            entry.notes.isUnreadable = true
        }
    }

    /// The place of the current directory in the batch.
    private func place() -> Int {
        let top = levels.count - 1
        if let place = levels[top].place { return place }
        batch.directories.append(levels[top].directory)
        levels[top].place = batch.directories.count - 1
        return batch.directories.count - 1
    }

    /// Begins a directory.
    private func enter(_ directory: VolumeDirectory, _ entry: WalkedEntry) -> Bool {
        var entry = entry
        var sorter = NameSorter()
        do throws(VolumeError) {
            try directory.forEachName { sorter.add($0) }
        } catch {
            note(error)
            entry.notes.isUnreadable = true
        }
        do throws(SystemError) {
            levels.append(Level(directory: directory, status: entry.status, names: try sorter.finish()))
            batch.steps.append(.enter)
        } catch {
            note(.system(operation: error.operation, path: directory.relativePath, number: error.number))
            entry.notes.isUnreadable = true
            batch.steps += [.enter, .leave(isChanging: false)]
        }
        batch.entries.append(entry)
        return true
    }

    /// Reads extended attributes and ACLs; an entry without any costs one system call.
    private func readAttributes(of name: [UInt8]?, in directory: VolumeDirectory, into entry: inout WalkedEntry) {
        do throws(VolumeError) {
            let names =
                if let name { try directory.extendedAttributeNames(of: name.span) } else {
                    try directory.extendedAttributeNames()
                }
            guard !names.isEmpty else { return }
            let held =
                if let name { try directory.heldAttributes(of: name.span, reading) } else {
                    try directory.heldAttributes(of: nil, reading)
                }
            for error in held.failures { note(error) }
            if !held.failures.isEmpty { entry.notes.isUnreadable = true }
            entry.attributes = held.entryAttributes(&hasher)
        } catch {
            note(error)
            entry.notes.isUnreadable = true
        }
    }
}

extension AttributeReading {
    /// ACLs, and all attributes but those that the kernel and its security modules set themselves.
    static var ofManifests: AttributeReading {
        let label = Array("security.selinux".utf8)
        return AttributeReading(lists: true) { !$0.starts(with: "system.".utf8) && $0 != label }
    }
}

extension HeldAttributes {
    /// What a manifest says of them.
    func entryAttributes(_ hasher: inout TreeHasher) -> [EntryAttribute] {
        var all = extended
        if let list = accessList { all.append((AccessControlList.accessName, list.sorted.kernelBytes)) }
        if let list = defaultList { all.append((AccessControlList.defaultName, list.sorted.kernelBytes)) }
        all.sort { $0.name.lexicographicallyPrecedes($1.name) }
        var attributes: [EntryAttribute] = []
        for (name, value) in all {
            let kept: EntryAttribute.Value =
                value.count <= EntryAttribute.longestKept
                ? .bytes(value) : .digest(length: value.count, hasher.leaf(of: value.span))
            attributes.append(EntryAttribute(name: name, value: kept))
        }
        return attributes
    }
}
