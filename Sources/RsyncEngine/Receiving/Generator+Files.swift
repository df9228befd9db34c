import Synchronization
import Checksums
import Glibc
import RsyncOptions
import RsyncWire
import VolumeAccess

extension Generator {
    /// Decides about a regular file (protocol specification, transfer 11.7).
    func processFile(
        _ entry: FileEntry,
        _ leaf: ArraySlice<UInt8>,
        _ current: FileStatus?,
        index: Int32,
        in list: FileList,
        _ directory: VolumeDirectory
    ) {
        if let limit = state.options.limits.largestFile, entry.size > limit,
            !(current.map { $0.isRegular && rules.looksUnchanged(entry, $0) } ?? false)
        {
            return state.report(state.describeTooLarge(list.name(of: entry), entry.size, limit), .errorTransfer)
        }
        if entry.flags.contains(.hardLinked),
            linkOrWait(entry, leaf, current, index: index, in: list, directory)
        {
            return
        }
        guard let current, current.isRegular else {
            guard clear(leaf, current, for: entry, in: list, directory) else { return }
            let flags: ItemFlags = [.transfer, .isNew]
            state.count { $0.created.regular += 1 }
            return request(entry, leaf, nil, flags, index, in: list, directory, attempt: 0)
        }
        guard isUnchanged(entry, leaf, current, in: list, directory) else {
            var flags = rules.differences(of: entry, from: current, isChanging: true).union(.transfer)
            if state.options.comparison.checksum { flags.insert(.reportChange) }
            return request(entry, leaf, current, flags, index, in: list, directory, attempt: 0)
        }
        let isNew = !canKeep(entry, current, in: list)
        do throws(VolumeError) {
            if isNew, !state.options.dryRun { try part(leaf, current, in: directory) }
            keep(entry, leaf, current, index: index, in: list, directory, isNew: isNew)
        } catch {
            report(error, "copy")
        }
        if entry.flags.contains(.hardLinked) { finishLinks(index: index, entry, in: list, isNew: isNew) }
    }

    /// Gives a name a file of its own, a copy of the one that it shares.
    private func part(
        _ leaf: ArraySlice<UInt8>,
        _ current: FileStatus,
        in directory: VolumeDirectory
    ) throws(VolumeError) {
        let source = try directory.openForReading(leaf.span)
        let staged = try directory.stage(leaf.span, replacing: true, permissions: current.permissions)
        try staged.copyWhole(from: source, betweenPieces: stayAlive)
        let attributes = FileAttributes(
            owner: current.owner,
            group: current.group,
            permissions: current.permissions,
            modified: current.modified
        )
        report(try staged.commit(attributes))
        synchronizer?.note(directory.path(of: leaf.span), size: current.size)
    }

    /// Asks for a file's data.
    func request(
        _ entry: FileEntry,
        _ leaf: ArraySlice<UInt8>,
        _ current: FileStatus?,
        _ flags: ItemFlags,
        _ index: Int32,
        in list: FileList,
        _ directory: VolumeDirectory,
        attempt: Int
    ) {
        var basis: ReadableFile?
        let wantsDelta = !(state.options.wire.wholeFile ?? requester.isLocal)
        if wantsDelta, let current, current.size > 0, !state.options.dryRun {
            do throws(VolumeError) {
                basis = try directory.openForReading(leaf.span)
            } catch {
                // What went meanwhile is no basis, and no error.
                if !error.isMissing { report(error, "open") }
            }
        }
        let plan = TransferPlan(
            index: index,
            list: list,
            entry: entry,
            flags: flags,
            current: current,
            attributes: rules.attributes(for: entry, current: current),
            basisSize: basis?.status.size,
            isShared: current.map { isShared(entry, $0, in: list) } ?? false,
            attempt: attempt
        )
        if attempt == 0, !state.options.dryRun { track(index) }
        requester.request(plan, basis: basis)
        // Nothing will arrive in a dry run: what links to the file is reported at once.
        if state.options.dryRun, entry.flags.contains(.hardLinked) {
            finishLinks(of: plan)
        }
    }

    /// Whether content need not be transferred (protocol specification, transfer 11.3).
    func isUnchanged(
        _ entry: FileEntry,
        _ leaf: ArraySlice<UInt8>,
        _ current: FileStatus,
        in list: FileList,
        _ directory: VolumeDirectory
    ) -> Bool {
        // A file beyond the limit is not read for its sum either.
        let isTooLarge = state.options.limits.largestFile.map { entry.size > $0 } ?? false
        guard state.options.comparison.checksum, !isTooLarge else { return rules.looksUnchanged(entry, current) }
        guard current.size == entry.size else { return false }
        let start = Int(list.extra(of: entry).checksumStart)
        return digest(of: leaf.span, in: directory)[...] == list.arena[start..<start + fileRecipe.digestLength]
    }

    /// Corrects the metadata of an entry whose content is right.
    ///
    /// `extra` goes into the report, if there is one; `isNew` says that the name got a copy after `current` was read.
    func keep(
        _ entry: FileEntry,
        _ leaf: ArraySlice<UInt8>,
        _ current: FileStatus,
        index: Int32,
        in list: FileList,
        _ directory: VolumeDirectory,
        also extra: ItemFlags = [],
        isNew: Bool = false
    ) {
        let flags = rules.differences(of: entry, from: current, isChanging: false)
        if entry.isRegular { state.progress.bytesDone.addClamped(entry.size) }
        if !state.options.dryRun {
            do throws(VolumeError) {
                // A link or node that was made anew has the time of its making.
                let attributes =
                    isNew && !entry.isRegular
                    ? rules.attributes(for: entry, current: current) : rules.corrections(for: entry, current: current)
                report(try directory.setAttributes(leaf.span, attributes, current: isNew ? nil : current))
            } catch {
                report(error, "set_file_attrs")
            }
        }
        guard !flags.isEmpty || reportsUnchanged else { return }
        requester.report(index, flags.union(extra), entry, in: list, link: nil)
    }

    /// Whether entries are reported that are as they should be (`-ii`, `-vv`; protocol specification, transfer 11.4).
    var reportsUnchanged: Bool { state.options.output.itemize > 1 || state.options.output.verbosity > 1 }

    /// Removes a directory that stands where something else has to be, and with `--inplace` whatever stands there;
    /// anything else is replaced in one step later.
    ///
    /// - Returns: False when it could not be removed.
    func clear(
        _ leaf: ArraySlice<UInt8>,
        _ current: FileStatus?,
        for entry: FileEntry,
        in list: FileList,
        _ directory: VolumeDirectory
    ) -> Bool {
        guard let current else { return true }
        do throws(VolumeError) {
            let name = Array(list.name(of: entry))
            guard current.isDirectory, !state.options.dryRun else {
                if state.options.dryRun, current.isDirectory, state.options.deletion.isOn {
                    try deleter.makeWay(Array(leaf), in: directory, named: name, requester)
                } else if state.options.placement.inPlace, entry.isRegular, !state.options.dryRun {
                    try directory.remove(leaf.span)
                }
                return true
            }
            if state.options.deletion.isOn {
                guard deleter.mayMakeWay(for: Array(leaf), in: directory, named: name, destination) else {
                    return false
                }
                directories.invalidate(name.span)
                try deleter.makeWay(Array(leaf), in: directory, named: name, requester)
                guard try directory.status(of: leaf.span) == nil else {
                    let text = "could not make way for new \(entry.kindName): \(printable(name))"
                    state.report(text, .errorTransfer)
                    return false
                }
            } else {
                directories.invalidate(name.span)
                try directory.removeDirectory(leaf.span)
            }
            return true
        } catch {
            report(error, "could not make way for new entry: rmdir")
            return false
        }
    }

    /// Decides about a symbolic link (protocol specification, transfer 11.6).
    func processLink(
        _ entry: FileEntry,
        _ leaf: ArraySlice<UInt8>,
        _ current: FileStatus?,
        index: Int32,
        in list: FileList,
        _ directory: VolumeDirectory
    ) {
        guard state.options.attributes.links else { return skip(entry, in: list) }
        place(entry, leaf, current, index: index, in: list, directory) { (isReplacing) throws(VolumeError) in
            try directory.placeSymbolicLink(
                list.target(of: entry).span,
                as: leaf.span,
                isReplacing: isReplacing
            )
        } isSame: { (current) throws(VolumeError) in
            guard current.isSymbolicLink else { return false }
            return try directory.readLink(leaf.span)[...] == list.target(of: entry)
        }
    }

    /// Decides about a device, FIFO or socket (protocol specification, transfer 11.6).
    func processNode(
        _ entry: FileEntry,
        _ leaf: ArraySlice<UInt8>,
        _ current: FileStatus?,
        index: Int32,
        in list: FileList,
        _ directory: VolumeDirectory
    ) {
        let isWanted =
            entry.isDevice ? state.options.attributes.devices && geteuid() == 0 : state.options.attributes.specials
        guard isWanted, entry.isDevice || entry.isSpecial else { return skip(entry, in: list) }
        let extra = list.extra(of: entry)
        place(entry, leaf, current, index: index, in: list, directory) { (isReplacing) throws(VolumeError) in
            try directory.placeNode(
                mode: entry.type | 0o600,
                major: extra.deviceMajor,
                minor: extra.deviceMinor,
                as: leaf.span,
                isReplacing: isReplacing
            )
        } isSame: { (current) throws(VolumeError) in
            guard current.mode & UInt32(S_IFMT) == entry.type else { return false }
            return !entry.isDevice
                || (current.deviceMajor == extra.deviceMajor && current.deviceMinor == extra.deviceMinor)
        }
    }

    /// Makes an entry that has no content, or corrects the one that is there.
    private func place(
        _ entry: FileEntry,
        _ leaf: ArraySlice<UInt8>,
        _ current: FileStatus?,
        index: Int32,
        in list: FileList,
        _ directory: VolumeDirectory,
        make: (_ isReplacing: Bool) throws(VolumeError) -> Void,
        isSame: (FileStatus) throws(VolumeError) -> Bool
    ) {
        if entry.flags.contains(.hardLinked),
            linkOrWait(entry, leaf, current, index: index, in: list, directory)
        {
            return
        }
        var isNew = true
        do throws(VolumeError) {
            if let current, try isSame(current) {
                isNew = !canKeep(entry, current, in: list)
                if isNew, !state.options.dryRun { try make(true) }
                keep(entry, leaf, current, index: index, in: list, directory, isNew: isNew)
            } else {
                guard clear(leaf, current, for: entry, in: list, directory) else { return }
                if !state.options.dryRun {
                    try make(current != nil && current?.isDirectory == false)
                    let attributes = rules.attributes(for: entry, current: nil)
                    report(try directory.setAttributes(leaf.span, attributes))
                }
                reportMade(entry, current, index: index, in: list)
            }
        } catch {
            report(error, entry.isSymbolicLink ? "symlink" : "mknod")
        }
        if entry.flags.contains(.hardLinked) { finishLinks(index: index, entry, in: list, isNew: isNew) }
    }

    private func reportMade(
        _ entry: FileEntry,
        _ current: FileStatus?,
        index: Int32,
        in list: FileList
    ) {
        var flags: ItemFlags = [.localChange]
        if let current, current.mode & UInt32(S_IFMT) == entry.type {
            flags.formUnion(rules.differences(of: entry, from: current, isChanging: true))
            flags.insert(.reportChange)
        } else {
            flags.insert(.isNew)
            state.count { $0.created.count(mode: entry.mode) }
            state.countInPlace { $0.countCreated(mode: entry.mode) }
        }
        requester.report(index, flags, entry, in: list, link: nil)
    }

    private func skip(_ entry: FileEntry, in list: FileList) {
        state.report("skipping non-regular file \"\(printable(list.name(of: entry)))\"", .info)
    }
}

extension FileEntry {
    /// What rsync calls the kind of entry in its messages.
    var kindName: String {
        switch type {
        case UInt32(S_IFREG): "regular file"
        case UInt32(S_IFLNK): "symlink"
        case UInt32(S_IFDIR): "directory"
        default: isDevice ? "device file" : "special file"
        }
    }
}
