import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

extension Generator {
    /// Creates a missing directory, so that its parent's time can be final before its own list is processed.
    ///
    /// Everything else about it happens with its own list (protocol specification, transfer 11.5).
    func prepareDirectory(
        _ entry: FileEntry,
        named name: [UInt8],
        index: Int32,
        in list: FileList,
        _ parent: ParentDirectory
    ) {
        guard parent.isUsable else {
            failedDirectories.insert(name)
            return
        }
        if passesOver(entry) { return }
        let leaf = destination.leaf(of: entry, in: list)
        do throws(VolumeError) {
            let candidate = Candidate(
                entry: entry,
                index: index,
                list: list,
                name: name[...],
                leaf: leaf,
                directory: parent.directory,
                current: try parent.isNew ? nil : context.status(ofDirectory: name, leaf, in: parent.directory)
            )
            let decision = decide(candidate, by: rules)
            if case .skip(let reason) = decision { return skip(directory: candidate, reason) }
            guard case .make = decision else { return }
            createdDirectories.insert(name)
            try executor.makeDirectory(candidate)
        } catch {
            fail(directory: name, error)
        }
    }

    /// Processes a directory: creates it if missing, sets its attributes, and deletes what is not in its list.
    ///
    /// - Parameters:
    ///   - entry: The directory.
    ///   - name: Its full name; `.` for the root.
    ///   - index: Its index on the wire.
    ///   - list: With incremental recursion its own list; otherwise the complete list.
    ///   - listed: Its listed attributes, if it is not in that list itself.
    func processDirectory(
        _ entry: FileEntry,
        named name: [UInt8],
        index: Int32,
        in list: FileList,
        _ listed: EntryAttributes? = nil
    ) {
        guard !isBelowFailure(name), !passesOver(entry) else { return }
        do throws(VolumeError) {
            var candidate = try candidate(directory: entry, named: name, index: index, in: list)
            candidate.listedElsewhere = listed
            try readMetadata(of: &candidate)
            if !(candidate.current?.isDirectory ?? false), rules.bases.alternates != nil {
                findAlternates(of: &candidate, candidate.isRoot ? [] : PathParts(name).parent)
            }
            var decision = decide(candidate, by: rules)
            let withheld = withholdAttributes(of: candidate, from: &decision)
            if case .skip(let reason) = decision {
                // With incremental recursion it has been mentioned, as an entry of its parent's list.
                if !state.parameters.isIncremental || candidate.isRoot { skip(directory: candidate, reason) }
                return
            }
            if case .make = decision {
                if createdDirectories.insert(name).inserted { try executor.makeDirectory(candidate) }
                // What an alternate directory has does not count as created.
                if decision.report?.contains(.isNew) ?? false { state.count { $0.created.directories += 1 } }
            } else if !candidate.isRoot, candidate.current?.isMountRoot == true {
                try context.synchronizer?.add(context.directories.directory(name.span))
            }
            if let withheld { awaitValues(of: candidate, withheld) }
            if let flags = decision.report { context.requester.report(flags, of: candidate) }
            if rules.mentionsUnchanged, case .make = decision { mention(candidate, decision) }
            guard case .keep = decision else {
                // As in rsync, errors are mentioned although there is nothing to delete.
                if rules.changesDestination, deletesNow(below: entry) { _ = deleter.mayDelete() }
                return try executor.setAttributes(decision, ofDirectory: candidate)
            }
            // When the source is empty, deletions are decided first: a refusal must not leave even the directory's
            // attributes changed.
            if deleter.isSourceEmpty { delete(in: name, entry, list: list) }
            guard !deleter.isSourceEmpty || deleter.settle() else {
                failedDirectories.insert(name)
                return
            }
            try executor.setAttributes(decision, ofDirectory: candidate)
            if !deleter.isSourceEmpty { delete(in: name, entry, list: list) }
        } catch {
            fail(directory: name, error)
        }
    }

    /// Whether a directory is only implied, and so left as it is (`--no-implied-dirs`); what needs a missing one makes it.
    func passesOver(_ entry: FileEntry) -> Bool { rules.ignoresImplied && entry.isImplied }

    /// Leaves a directory alone, with all its contents; those below something that is not a directory are errors, as in
    /// rsync.
    private func skip(directory candidate: Candidate, _ reason: SkipReason) {
        if reason == .missing { failedDirectories.insert(Array(candidate.name)) }
        reportSkipped(candidate, reason)
    }

    /// Looks up what is currently at a directory's name; what this run created does not count.
    private func candidate(
        directory entry: FileEntry,
        named name: [UInt8],
        index: Int32,
        in list: FileList
    ) throws(VolumeError) -> Candidate {
        let isRoot = name == [UInt8(ascii: ".")]
        let isNew = createdDirectories.contains(name)
        let path = PathParts(name)
        let isBelowNew = !isRoot && createdDirectories.contains(path.parent)
        let directory = try isRoot ? destination.volume.root : executor.open(path.parent, isNew: isBelowNew)
        var current: FileStatus?
        if !isNew, !isBelowNew {
            current =
                try isRoot
                ? directory?.status() : context.status(ofDirectory: name, path.leaf[...], in: directory)
        }
        return Candidate(
            entry: entry,
            index: index,
            list: list,
            name: name[...],
            leaf: path.leaf[...],
            directory: directory,
            current: current,
            isCreated: isNew
        )
    }

    private func fail(directory name: [UInt8], _ error: VolumeError) {
        failedDirectories.insert(name)
        context.report(error, "recv_generator: mkdir")
        state.report(Self.skipsContents, .errorTransfer)
    }

    /// Sets a directory's attributes once more after its contents are in place.
    ///
    /// - Returns: Whether it exists.
    func finish(directory entry: FileEntry, named name: [UInt8]) -> Bool {
        guard !isBelowFailure(name) else { return false }
        if rules.ignoresImplied, entry.isImplied { return true }
        return executor.finishDirectory(entry, name, isNew: createdDirectories.contains(name))
    }

    // MARK: deletion

    /// Whether what a directory should not have is deleted, or noted, when the directory is processed.
    private func deletesNow(below entry: FileEntry) -> Bool {
        let isDue = rules.deletion.time == .during || rules.deletion.time == .delayed
        return rules.deletion.isWanted && isDue && entry.flags.contains(.hasContents)
    }

    private func delete(in name: [UInt8], _ entry: FileEntry, list: FileList) {
        guard deletesNow(below: entry) else { return }
        do throws(VolumeError) {
            deleter.clean(try context.directories.directory(name.span), named: name, list: list)
        } catch {
            context.report(error, "opendir")
        }
    }

    /// Deletes in all directories of a complete file list before anything else happens there (`--delete-before`).
    func deleteFirst(_ list: FileList, pause: () -> Void) {
        deleteEverywhere(list, pause: pause)
        guard deleter.settle() else {
            // New content may need the space that the deletions were to free, so nothing is transferred.
            let text = "nothing was changed: deletions come first here, and were refused"
            return state.fail(.rejected(text, exitCode: 25))
        }
    }

    /// Deletes what was left for the time after the transfer (`--delete-delay`, `--delete-after`).
    func deleteLate(pause: () -> Void) {
        if let lastList { deleteEverywhere(lastList, pause: pause) }
        deleter.deleteLate()
    }

    private func deleteEverywhere(_ list: FileList, pause: () -> Void) {
        // A destination that a dry run has not made stands for the working directory.
        guard !destination.wasCreated || state.execution.changesDestination else { return }
        let mentionsTops = state.options.output.debugLevel(.del) > 0
        for position in 0..<list.count {
            let entry = list.entry(sorted: position)
            guard entry.isDirectory, entry.flags.contains(.hasContents), !entry.flags.contains(.blank) else { continue }
            if position & 127 == 127 { pause() }
            guard !state.hasFailed else { return }
            let name = Array(list.name(of: entry))
            if mentionsTops, entry.flags.contains(.topDirectory) { state.inform("deleting in ", name) }
            do throws(VolumeError) {
                deleter.clean(try context.directories.directory(name.span), named: name, list: list)
            } catch {
                // It does not exist yet, or something else is in its place: nothing to delete.
                guard error.isMissing || error.isSymbolicLinkRefused || error.number == ENOTDIR else {
                    context.report(error, "opendir")
                    continue
                }
            }
        }
    }

    /// Carries out the deletions that waited for the last list, unless that is refused.
    func settleDeletions() { _ = deleter.settle() }
}
