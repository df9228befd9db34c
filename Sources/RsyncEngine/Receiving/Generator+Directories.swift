import Glibc
import RsyncOptions
import RsyncWire
import VolumeAccess

extension Generator {
    /// Makes a directory that is missing, so that its parent's time can be final before its own list comes.
    ///
    /// Everything else about it happens with its own list (protocol specification, transfer 11.5).
    func prepareDirectory(
        _ entry: FileEntry,
        named name: [UInt8],
        in list: FileList,
        _ parent: ParentDirectory
    ) {
        guard let directory = parent.directory else {
            failedDirectories.insert(name)
            return
        }
        let leaf = Array(list.leaf(of: entry))
        do throws(VolumeError) {
            let current = parent.isNew ? nil : try directory.status(of: leaf.span)
            if current?.isDirectory == true { return }
            createdDirectories.insert(name)
            guard !state.options.dryRun else { return }
            if let current { try makeWay(for: leaf, current, in: directory) }
            try directory.createDirectory(leaf.span, permissions: 0o700)
            state.countInPlace { $0.createdDirectories += 1 }
        } catch {
            fail(directory: name, error)
        }
    }

    /// Handles a directory: made if missing, attributes, and what is not in its list deleted.
    ///
    /// With incremental recursion `contents` is the directory's own list; without it the names are looked up in the
    /// whole list.
    func processDirectory(
        _ entry: FileEntry,
        name: [UInt8],
        index: Int32,
        in list: FileList,
        contents: FileList?
    ) {
        guard !isBelowFailure(name) else { return }
        let isRoot = name == [UInt8(ascii: ".")]
        do throws(VolumeError) {
            let wasMade = createdDirectories.contains(name)
            let current = try statusForDirectory(name, isRoot: isRoot, wasMade: wasMade)
            if current == nil, !wasMade { try make(name) }
            if !isRoot, let current, current.isMountRoot { try synchronizer?.add(directories.directory(name.span)) }
            let isNew = current == nil || wasMade
            let flags: ItemFlags =
                isNew
                ? [.isNew, .localChange]
                : current.map { rules.differences(of: entry, from: $0, isChanging: false) } ?? []
            if isNew { state.count { $0.created.directories += 1 } }
            if !flags.isEmpty || reportsUnchanged { requester.report(index, flags, entry, in: list, link: nil) }
            guard !state.options.dryRun else {
                if !isNew { delete(in: name, entry, list: contents ?? list) }
                return
            }
            if !isNew, deleter.isSourceEmpty {
                // Nothing comes: what is refused leaves not even the directory's attributes changed.
                delete(in: name, entry, list: contents ?? list)
                guard deleter.settle(directories, requester) else {
                    failedDirectories.insert(name)
                    return
                }
            }
            try setAttributes(of: entry, name: name, isRoot: isRoot, isFinal: false)
            if !isNew { delete(in: name, entry, list: contents ?? list) }
        } catch {
            fail(directory: name, error)
        }
    }

    private func statusForDirectory(_ name: [UInt8], isRoot: Bool, wasMade: Bool) throws(VolumeError) -> FileStatus? {
        if isRoot { return wasMade ? nil : try destination.volume.root.status() }
        let (parent, leaf) = split(name)
        if state.options.dryRun, wasMade || createdDirectories.contains(parent) { return nil }
        do throws(VolumeError) {
            let directory = try directories.directory(parent.span)
            guard let status = try directory.status(of: leaf.span) else { return nil }
            if status.isDirectory { return status }
            if !state.options.dryRun { try makeWay(for: leaf, status, in: directory) }
            return nil
        } catch {
            if state.options.dryRun, error.isMissing { return nil }
            throw error
        }
    }

    private func make(_ name: [UInt8]) throws(VolumeError) {
        createdDirectories.insert(name)
        guard !state.options.dryRun else { return }
        let (parent, leaf) = split(name)
        try directories.directory(parent.span).createDirectory(leaf.span, permissions: 0o700)
        state.countInPlace { $0.createdDirectories += 1 }
    }

    /// Removes what is not a directory where a directory has to be.
    private func makeWay(for leaf: [UInt8], _ current: FileStatus, in directory: VolumeDirectory) throws(VolumeError) {
        guard !current.isDirectory else { return }
        try directory.remove(leaf.span)
    }

    private func fail(directory name: [UInt8], _ error: VolumeError) {
        failedDirectories.insert(name)
        report(error, "recv_generator: mkdir")
        state.report("*** Skipping any contents from this failed directory ***", .errorTransfer)
    }

    private func delete(in name: [UInt8], _ entry: FileEntry, list: FileList) {
        guard state.options.deletion.isOn, !state.options.deletion.isBefore, entry.flags.contains(.hasContents) else {
            return
        }
        do throws(VolumeError) {
            let directory = try directories.directory(name.span)
            deleter.clean(directory, named: name, list: list, directories: directories, requester)
        } catch {
            if !(state.options.dryRun && error.isMissing) { report(error, "opendir") }
        }
    }

    /// Deletes in all directories of a whole file list before anything else happens there (`--delete-before`).
    func deleteFirst(_ list: FileList) {
        for position in 0..<list.count {
            let entry = list.entry(sorted: position)
            guard entry.isDirectory, entry.flags.contains(.hasContents), !entry.flags.contains(.blank) else { continue }
            if position & 127 == 127 { pause() }
            guard !state.hasFailed else { return }
            let name = Array(list.name(of: entry))
            do throws(VolumeError) {
                let directory = try directories.directory(name.span)
                deleter.clean(directory, named: name, list: list, directories: directories, requester)
            } catch {
                // Not there yet, or something else is in its place: nothing to delete.
                guard error.isMissing || error.isSymbolicLinkRefused || error.number == ENOTDIR else {
                    report(error, "opendir")
                    continue
                }
            }
        }
        guard deleter.settle(directories, requester) else {
            // What comes may need the room of what was to go, so nothing comes.
            let text = "nothing was changed: deletions come first here, and were refused"
            return state.fail(.turnedAway(text, exitCode: 25))
        }
    }

    /// Deletes what waited for the last list, unless that is refused.
    func settleDeletions() { _ = deleter.settle(directories, requester) }

    /// Sets a directory's attributes once more after its contents are in place.
    func restore(_ entry: FileEntry, name: [UInt8]) {
        guard !isBelowFailure(name) else { return }
        do throws(VolumeError) {
            try setAttributes(of: entry, name: name, isRoot: name == [UInt8(ascii: ".")], isFinal: true)
        } catch {
            report(error, "set_file_attrs")
        }
    }

    /// Sets a directory's attributes.
    ///
    /// Before the contents are in place (`isFinal` false) it keeps the owner's permissions that work in it needs, unless
    /// this process is root.
    private func setAttributes(
        of entry: FileEntry,
        name: [UInt8],
        isRoot: Bool,
        isFinal: Bool
    ) throws(VolumeError) {
        let wasMade = createdDirectories.contains(name)
        let (parent, leaf) = split(name)
        let directory = try isRoot ? destination.volume.root : directories.directory(parent.span)
        let found = isRoot ? try directory.status() : try directory.status(of: leaf.span)
        guard let current = found else { return }
        var attributes = rules.attributes(for: entry, current: wasMade && !isFinal ? nil : current)
        // The time of a new directory's making counts for nothing.
        if !wasMade { attributes.modified = rules.corrections(for: entry, current: current).modified }
        if !isFinal, geteuid() != 0, let wanted = attributes.permissions { attributes.permissions = wanted | 0o700 }
        if isFinal, !state.options.attributes.permissions { attributes.permissions = nil }
        if isRoot {
            report(try directory.setAttributes(attributes, current: current))
        } else {
            report(try directory.setAttributes(leaf.span, attributes, current: current))
        }
    }

    /// The directory part and the last component of a name.
    func split(_ name: [UInt8]) -> (parent: [UInt8], leaf: [UInt8]) {
        guard let cut = name.lastIndex(of: UInt8(ascii: "/")) else { return ([], name) }
        return (Array(name[..<cut]), Array(name[(cut + 1)...]))
    }
}
