import CLinux
import Glibc
import LinuxSystem

extension VolumeDirectory {
    /// Removes an entry; if it is a directory, first everything in it.
    ///
    /// Directories are removed first, then everything else, each in descending byte order of their names; the contents of
    /// a directory before the directory (protocol specification, transfer 16.1). A mount point is neither entered nor removed. What cannot be removed is
    /// reported, and the rest is removed anyway. A directory whose owner may not change it gets that permission first, and
    /// its own permissions again if it remains.
    ///
    /// - Parameters:
    ///   - name: The entry.
    ///   - willRemove: Called right before each removal with the path below the volume's root; false keeps the entry.
    ///   - didRemove: Called right after each removal.
    ///   - didKeep: Called for each directory that remains because of something in it.
    ///   - isKept: Whether an entry is kept with all its contents; called before a directory is entered.
    /// - Returns: The errors for what could not be removed. Directories that remain because something in them was kept
    ///   are not reported.
    /// - Throws: ``VolumeError`` when the name itself is invalid.
    package func removeTree(
        _ name: Span<UInt8>,
        _ willRemove: (_ path: [UInt8], _ kind: FileKind) -> Bool = { _, _ in true },
        removed didRemove: (_ path: [UInt8], _ kind: FileKind) -> Void = { _, _ in },
        remaining didKeep: (_ path: [UInt8]) -> Void = { _ in },
        keeping isKept: (_ path: [UInt8], _ kind: FileKind) -> Bool = { _, _ in false }
    ) throws(VolumeError) -> [VolumeError] {
        guard isLeafName(name) else { throw .invalidName(bytes(of: name)) }
        guard let status = try status(of: name) else { throw failure("statx", name, -Int(ENOENT)) }
        var failures: [VolumeError] = []
        var stack = [RemovalLevel(directory: self, entries: [(bytes(of: name), status.kind)])]
        while var level = stack.popLast() {
            guard let (name, kind) = level.entries.popLast() else {
                guard let parent = stack.popLast() else { break }
                if level.keepsSomething { didKeep(level.directory.relativePath) }
                stack.append(parent.afterContents(of: level, &failures, willRemove, didRemove))
                continue
            }
            let path = level.directory.path(of: name.span)
            guard !isKept(path, kind) else {
                level.keepsSomething = true
                stack.append(level)
                continue
            }
            do throws(VolumeError) {
                if kind == .directory {
                    let contents = try RemovalLevel(of: name, in: level.directory)
                    stack.append(level)
                    stack.append(contents)
                } else {
                    if willRemove(path, kind) {
                        try level.directory.removeIfPresent(name.span)
                        didRemove(path, kind)
                    } else {
                        level.keepsSomething = true
                    }
                    stack.append(level)
                }
            } catch {
                level.keepsSomething = true
                stack.append(level)
                failures.append(error)
            }
        }
        return failures
    }

    /// Counts an entry and everything in it, as far as ``removeTree(_:_:removed:keeping:)`` would remove it.
    ///
    /// - Parameters:
    ///   - name: The entry.
    ///   - pause: Called periodically.
    ///   - isKept: Whether an entry is kept with all its contents.
    /// - Returns: The number of entries; what cannot be examined counts as one. 0 for a mount point.
    package func countTree(
        _ name: Span<UInt8>,
        pause: () -> Void = {},
        keeping isKept: (_ path: [UInt8], _ kind: FileKind) -> Bool = { _, _ in false }
    ) -> Int64 {
        guard let top = try? status(of: name), !top.isMountRoot else { return 0 }
        guard top.isDirectory else { return 1 }
        var count: Int64 = 1
        // One descriptor per level, as for removal.
        var stack = [(directory: self, inner: [bytes(of: name)])]
        while var level = stack.popLast() {
            guard let name = level.inner.popLast() else { continue }
            stack.append(level)
            pause()
            guard let directory = try? level.directory.openDirectory(name.span), let status = try? directory.status(),
                !status.isMountRoot, status.device == top.device, let listing = try? directory.list()
            else { continue }
            var inner: [[UInt8]] = []
            for index in 0..<listing.count {
                guard !isKept(directory.path(of: listing.name(index)), listing.kinds[index]) else { continue }
                count += 1
                // If a listing has no types, what is not a directory fails to open as one.
                let mayBeDirectory = listing.kinds[index] == .directory || listing.kinds[index] == .unknown
                if mayBeDirectory { inner.append(listing.nameBytes(index)) }
            }
            stack.append((directory, inner))
        }
        return count
    }

    /// Removes an entry that is not a directory, if it is there.
    package func removeIfThere(_ name: Span<UInt8>) throws(VolumeError) { try removeIfPresent(name) }

    /// Removes an entry that someone else may have removed already.
    fileprivate func removeIfPresent(_ name: Span<UInt8>, isDirectory: Bool = false) throws(VolumeError) {
        let result = try attempt(name) { Kernel.unlinkat($0, $1, isDirectory ? AT_REMOVEDIR : 0) }
        guard result == 0 || result == -Int(ENOENT) else {
            throw failure(isDirectory ? "rmdir" : "unlink", name, result)
        }
    }
}

/// A directory on the path down, and its entries that have still to be removed.
private struct RemovalLevel {
    let directory: VolumeDirectory
    /// Its name in the level above; empty at the top.
    var name: [UInt8] = []
    /// The last is removed first.
    var entries: [(name: [UInt8], kind: FileKind)]
    var keepsSomething = false
    /// Its permissions before the owner was permitted to work in it; nil if they were not changed.
    private var formerPermissions: UInt32?

    init(directory: VolumeDirectory, entries: [(name: [UInt8], kind: FileKind)]) {
        self.directory = directory
        self.entries = entries
    }

    /// Enters a directory that is not a mount point.
    init(of name: [UInt8], in parent: VolumeDirectory) throws(VolumeError) {
        var directory = try parent.openDirectory(name.span)
        let status = try directory.status()
        let parentDevice = try parent.status().device
        guard !status.isMountRoot, status.device == parentDevice else {
            throw .mountPoint(path: directory.relativePath)
        }
        if status.permissions & 0o700 != 0o700,
            try parent.setAttributes(name.span, FileAttributes(permissions: status.permissions | 0o700)).isEmpty
        {
            formerPermissions = status.permissions
            directory = try parent.openDirectory(name.span)
        }
        self.directory = directory
        let listing = try directory.list()
        self.name = name
        entries = []
        entries.reserveCapacity(listing.count)
        for index in listing.sortedIndices() {
            var kind = listing.kinds[index]
            if kind == .unknown { kind = try directory.status(of: listing.name(index))?.kind ?? .unknown }
            entries.append((listing.nameBytes(index), kind))
        }
        entries = entries.filter { $0.kind != .directory } + entries.filter { $0.kind == .directory }
    }

    /// Undoes what entering the directory changed, if it is still there.
    private func restorePermissions(in parent: VolumeDirectory) {
        guard let formerPermissions else { return }
        _ = try? parent.setAttributes(name.span, FileAttributes(permissions: formerPermissions))
    }

    /// This level after the removal of the directory whose contents are done.
    func afterContents(
        of contents: RemovalLevel,
        _ failures: inout [VolumeError],
        _ willRemove: (_ path: [UInt8], _ kind: FileKind) -> Bool,
        _ didRemove: (_ path: [UInt8], _ kind: FileKind) -> Void
    ) -> RemovalLevel {
        var level = self
        defer { if level.keepsSomething { contents.restorePermissions(in: directory) } }
        guard !contents.keepsSomething, willRemove(contents.directory.relativePath, .directory) else {
            level.keepsSomething = true
            return level
        }
        do throws(VolumeError) {
            try directory.removeIfPresent(contents.name.span, isDirectory: true)
            didRemove(contents.directory.relativePath, .directory)
        } catch {
            level.keepsSomething = true
            failures.append(error)
        }
        return level
    }
}
