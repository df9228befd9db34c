import FileMetadata
import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Changes the destination: directories, links, nodes and attributes immediately, file contents by requesting them.
final class VolumeExecutor: Executor {
    private let context: GeneratorContext
    private let deleter: Deleter
    private let sideFiles: SideFiles
    private let bases: ContentBases
    private let backups: Backups?
    /// The final permissions of directories in work that have wider ones until then, for a process that is not root.
    private var withheldPermissions: [[UInt8]: UInt32] = [:]
    /// Directories in work whose attributes could not be set, which has been reported.
    private var reportedDirectories: Set<[UInt8]> = []
    /// The directory that was examined last, and why nothing can be created in it.
    private var examined: (directory: VolumeDirectory, refusal: VolumeError?)?

    init(_ context: GeneratorContext, _ deleter: Deleter) {
        self.context = context
        self.deleter = deleter
        sideFiles = SideFiles(context.destination.places)
        bases = ContentBases(context: context, sideFiles: sideFiles)
        backups = context.backups()
    }

    func open(_ name: [UInt8], isNew: Bool) throws(VolumeError) -> VolumeDirectory? {
        do throws(VolumeError) {
            return try context.directories.directory(name.span)
        } catch {
            guard error.isMissing, context.makesParents else { throw error }
            // With `--existing`, what is in it is left out, too.
            return context.rules.skipsMissing ? nil : try makeParents(name)
        }
    }

    /// Creates the directories that `--no-implied-dirs` leaves out of the list.
    private func makeParents(_ name: [UInt8]) throws(VolumeError) -> VolumeDirectory {
        var directory = context.destination.volume.root
        for index in name.indices.dropFirst() + [name.count]
        where index == name.count || name[index] == PathParts.separator {
            let path = Array(name[..<index])
            do throws(VolumeError) {
                directory = try context.directories.directory(path.span)
            } catch {
                guard error.isMissing else { throw error }
                try directory.createDirectory(PathParts(path).leaf.span, permissions: 0o777)
                directory = try context.directories.directory(path.span)
            }
        }
        return directory
    }

    func carryOut(_ decision: Decision, _ candidate: Candidate) -> ExecutionResult {
        guard let directory = candidate.directory else { return .failed }
        guard clear(decision, candidate, in: directory) else { return .failed }
        do throws(VolumeError) {
            switch decision {
            case .refuse, .skip, .wait: return .done
            case .keep(_, let attributes, let ownCopy):
                if ownCopy, try separate(candidate, attributes, in: directory) { break }
                if let attributes { set(attributes, candidate, ownCopy ? nil : candidate.current, in: directory) }
            case .take(let taking, _, let attributes, let displaced):
                let result = try take(taking, candidate, attributes, in: directory, isReplacing: displaced.isReplaced)
                if case .unreadable = result { return result }
                dropPartial(of: candidate, in: directory)
                return result
            case .transfer(let report, let attributes, let inPlace, _, let basis):
                // Content that nothing can be done with is not asked for.
                if !inPlace, let refusal = refusal(of: candidate.leaf, in: directory) {
                    context.report(refusal, "mkstemp")
                    return .failed
                }
                return request(candidate, report, attributes, inPlace: inPlace, basis, in: directory)
            case .make(_, let attributes, let displaced):
                try place(candidate, in: directory, isReplacing: displaced.isReplaced)
                context.report(try directory.setAttributes(candidate.leaf.span, attributes))
            case .link(_, let displaced):
                try link(candidate, in: directory, isReplacing: displaced.isReplaced)
            }
            dropPartial(of: candidate, in: directory)
            return .done
        } catch {
            context.report(error, decision.operation(on: candidate.entry))
            return .failed
        }
    }

    /// Removes what an interrupted transfer left of a file that is now in place.
    private func dropPartial(of candidate: Candidate, in directory: VolumeDirectory) {
        guard candidate.bases.contains(where: { $0.place == .partial }) else { return }
        sideFiles.removePartial(of: candidate.leaf, in: directory)
    }

    // MARK: alternate directories

    /// Lets an entry of an alternate directory take a name's place; it is copied if it cannot be linked.
    private func take(
        _ taking: Taking,
        _ candidate: Candidate,
        _ attributes: FileAttributes,
        in directory: VolumeDirectory,
        isReplacing: Bool
    ) throws(VolumeError) -> ExecutionResult {
        switch taking {
        case .nothing: break
        case .copy(let number):
            if let file = try bases.copy(candidate.bases[number], candidate, attributes, in: directory) {
                return .unreadable(file)
            }
        case .link(let number):
            let basis = candidate.bases[number]
            do throws(VolumeError) {
                let found = try bases.find(basis, candidate, in: directory)
                try directory.placeLink(
                    from: found.directory,
                    found.leaf.span,
                    as: candidate.leaf.span,
                    isReplacing: isReplacing
                )
            } catch {
                // Another file system, or too many links: a copy does as well.
                guard candidate.entry.isRegular else {
                    try place(candidate, in: directory, isReplacing: isReplacing)
                    context.report(try directory.setAttributes(candidate.leaf.span, attributes))
                    return .copied
                }
                bases.mention(error, linking: candidate, to: basis, in: directory)
                let file = try bases.copy(basis, candidate, attributes, in: directory)
                return file.map { .unreadable($0) } ?? .copied
            }
        }
        return .done
    }

    // MARK: removal of existing entries

    /// Removes what cannot be replaced atomically.
    ///
    /// - Returns: False if it could not be removed.
    private func clear(_ decision: Decision, _ candidate: Candidate, in directory: VolumeDirectory) -> Bool {
        let displaced = decision.displaced
        do throws(VolumeError) {
            try keepBackup(displaced, decision, candidate, in: directory)
            switch displaced {
            case .nothing, .replaced, .equal: return true
            case .removed: try directory.removeIfThere(candidate.leaf.span)
            case .directory: return try deleter.makeWay(for: candidate, in: directory)
            }
            return true
        } catch {
            if error.operation == "open", error.path == directory.path(of: candidate.leaf.span) {
                // It was to be copied, because it is changed in place (`-b`).
                context.report(unreadable: error.path, error)
            } else {
                context.report(error, "could not make way for new entry: rmdir")
            }
            return false
        }
    }

    /// Keeps a backup of what is about to be replaced or removed; a file's is made when its new content is complete.
    private func keepBackup(
        _ displaced: Displaced,
        _ decision: Decision,
        _ candidate: Candidate,
        in directory: VolumeDirectory
    ) throws(VolumeError) {
        guard let backups, candidate.attempt == 0, displaced == .replaced || displaced == .removed else { return }
        guard case .transfer(_, _, let inPlace, _, _) = decision else {
            return try backups.keep(candidate.leaf.span, in: directory)
        }
        // In place there is no old file left afterwards.
        if inPlace, displaced == .replaced { try backups.keep(candidate.leaf.span, in: directory, copied: true) }
        if displaced == .removed { try backups.keep(candidate.leaf.span, in: directory) }
    }

    // MARK: files

    /// Why no file can be created in a directory; it is examined once for consecutive files.
    private func refusal(of leaf: ArraySlice<UInt8>, in directory: VolumeDirectory) -> VolumeError? {
        let place: VolumeDirectory
        do throws(VolumeError) {
            place = try context.destination.places.stagingPlace(for: directory)
        } catch {
            return error
        }
        if examined?.directory !== place { examined = (place, place.refusesToCreate(leaf.span)) }
        guard case .system(let operation, _, let number) = examined?.refusal else { return nil }
        return .system(operation: operation, path: place.path(of: leaf.span), number: number)
    }

    private func request(
        _ candidate: Candidate,
        _ report: ItemFlags,
        _ attributes: FileAttributes,
        inPlace: Bool,
        _ number: Int?,
        in directory: VolumeDirectory
    ) -> ExecutionResult {
        let chosen = number.map { candidate.bases[$0] }
        let current = candidate.current.flatMap { $0.isRegular ? $0 : nil }
        let isAppending = context.rules.isAppending(candidate)
        var basis: ReadableFile?
        switch bases.open(chosen, for: candidate, in: directory) {
        case .nothing: break
        // A first request has no block sums then, and the sender would take any basis for the beginning of the file.
        case .file(let file): basis = isAppending ? nil : file
        case .unreadable(let file): return .unreadable(file)
        }
        var attributes = attributes
        if bases.losesPermissions(chosen, of: candidate, in: directory) {
            attributes.permissions = context.rules.attributes(for: candidate, current: nil).permissions
        }
        let plan = TransferPlan(
            index: candidate.index,
            list: candidate.list,
            entry: candidate.entry,
            flags: report,
            current: current,
            replacesOther: candidate.current.map { !$0.isRegular && !$0.isDirectory } ?? false,
            attributes: attributes,
            basisSize: basis?.status.size,
            basisPlace: basis == nil ? .destination : chosen?.place ?? .destination,
            hasPartial: candidate.bases.contains { $0.place == .partial },
            isInPlace: inPlace,
            writesDevice: inPlace && candidate.isDevice,
            keptLength: isAppending && inPlace ? current?.size ?? 0 : 0,
            attempt: candidate.attempt,
            lackedValues: candidate.metadata?.lacking ?? []
        )
        context.requester.request(plan, basis: basis)
        return .inProgress
    }

    // MARK: other entries

    /// Gives a name its own copy of the file that it shares.
    ///
    /// - Returns: Whether the copy has its attributes, too.
    private func separate(
        _ candidate: Candidate,
        _ changes: FileAttributes?,
        in directory: VolumeDirectory
    ) throws(VolumeError) -> Bool {
        let leaf = candidate.leaf
        guard candidate.entry.isRegular, let current = candidate.current else {
            try place(candidate, in: directory, isReplacing: true)
            return false
        }
        let source = try directory.openForReading(leaf.span)
        let staged = try directory.stage(leaf.span, replacing: true, permissions: current.permissions)
        try staged.copyWhole(from: source, betweenPieces: context.stayAlive)
        context.report(staged.copyAttributes(from: source, lists: true, where: Self.staysWithCopy))
        var attributes = changes ?? FileAttributes()
        attributes.owner = attributes.owner ?? current.owner
        attributes.group = attributes.group ?? current.group
        attributes.permissions = attributes.permissions ?? current.permissions
        attributes.modified = attributes.modified ?? current.modified
        context.report(try staged.commit(attributes))
        context.synchronizer?.note(directory.path(of: leaf.span), size: current.size)
        return true
    }

    /// Whether a copy of an existing file keeps an attribute that nothing is said about, as the file itself would.
    private static func staysWithCopy(_ name: [UInt8]) -> Bool {
        if geteuid() != 0 { return name.starts(with: "user.".utf8) }
        return !name.starts(with: "system.".utf8) && name != Array("security.selinux".utf8)
    }

    /// Creates a symbolic link, device, FIFO or socket.
    private func place(
        _ candidate: Candidate,
        in directory: VolumeDirectory,
        isReplacing: Bool
    ) throws(VolumeError) {
        let (entry, list) = (candidate.entry, candidate.list)
        guard !entry.isSymbolicLink else {
            let target = list.target(of: entry)
            return try directory.placeSymbolicLink(
                target.span,
                as: candidate.leaf.span,
                permissions: context.rules.permissions(ofNode: entry, replacing: candidate.current) & 0o777,
                isReplacing: isReplacing
            )
        }
        let extra = list.extra(of: entry)
        try directory.placeNode(
            mode: entry.type | 0o600,
            major: extra.deviceMajor,
            minor: extra.deviceMinor,
            as: candidate.leaf.span,
            isReplacing: isReplacing
        )
    }

    private func link(_ candidate: Candidate, in directory: VolumeDirectory, isReplacing: Bool) throws(VolumeError) {
        guard case .follows(let first, _) = candidate.link else { return }
        let path = PathParts(first)
        try directory.placeLink(
            from: context.directories.directory(path.parent.span),
            path.leaf.span,
            as: candidate.leaf.span,
            isReplacing: isReplacing
        )
    }

    private func set(
        _ attributes: FileAttributes,
        _ candidate: Candidate,
        _ current: FileStatus?,
        in directory: VolumeDirectory
    ) {
        do throws(VolumeError) {
            context.report(try directory.setAttributes(candidate.leaf.span, attributes, current: current))
        } catch {
            context.report(error, "set_file_attrs")
        }
    }
}

// MARK: directories

extension VolumeExecutor {
    func makeDirectory(_ candidate: Candidate) throws(VolumeError) {
        guard let directory = candidate.directory else { return }
        if candidate.current != nil {
            try backups?.keep(candidate.leaf.span, in: directory)
            try directory.removeIfThere(candidate.leaf.span)
        }
        do throws(VolumeError) {
            try directory.createDirectory(candidate.leaf.span, permissions: 0o700)
        } catch {
            // With `--no-implied-dirs` it was made for a file below it, such as the first name of a hard link.
            guard error.number == EEXIST, context.makesParents,
                try directory.status(of: candidate.leaf.span)?.isDirectory == true
            else { throw error }
        }
        context.state.countInPlace { $0.createdDirectories += 1 }
    }

    func setAttributes(_ decision: Decision, ofDirectory candidate: Candidate) throws(VolumeError) {
        guard var directory = candidate.directory else { return }
        noteWithheldPermissions(decision, candidate)
        var leaf = candidate.isRoot ? nil : candidate.leaf
        if context.destination.following != .never, !candidate.isRoot {
            directory = try context.directories.directory(candidate.name.span)
            leaf = nil
        }
        let failures: [VolumeError]
        switch decision {
        case .keep(_, let attributes?, _):
            failures = try set(attributes, leaf, in: directory, candidate.current)
        case .make(_, let attributes, _):
            failures = try set(keepingInherited(attributes, leaf, in: directory), leaf, in: directory, nil)
        default: return
        }
        context.report(failures)
        if !failures.isEmpty { reportedDirectories.insert(Array(candidate.name)) }
    }

    /// A new directory's attributes: the set-group-ID bit that it has from its parent stays, unless permissions are kept.
    private func keepingInherited(
        _ attributes: FileAttributes,
        _ leaf: ArraySlice<UInt8>?,
        in directory: VolumeDirectory
    ) throws(VolumeError) -> FileAttributes {
        guard !context.rules.keepsPermissions, let permissions = attributes.permissions else { return attributes }
        var made: FileStatus? = nil
        if let leaf { made = try directory.status(of: leaf.span) } else { made = try directory.status() }
        var attributes = attributes
        attributes.permissions = permissions | (made?.permissions ?? 0) & 0o7000
        return attributes
    }

    /// Remembers the permissions that a directory gets back at the end.
    private func noteWithheldPermissions(_ decision: Decision, _ candidate: Candidate) {
        guard !context.rules.isRoot else { return }
        let current = candidate.current.flatMap { $0.isDirectory ? $0 : nil }
        let permissions = context.rules.permissions(of: candidate.entry, current: current)
        if permissions & 0o700 != 0o700 { withheldPermissions[Array(candidate.name)] = permissions }
    }

    func finishDirectory(_ entry: FileEntry, _ name: [UInt8], isNew: Bool) -> Bool {
        do throws(VolumeError) {
            // A directory that a link leads to is changed itself, not by its name.
            let isRoot = name == [UInt8(ascii: ".")] || context.destination.following != .never
            let path = PathParts(name)
            // Something else may be in its place, as with `--ignore-existing`.
            let place = try isRoot ? context.existingDirectory(name) : context.directories.directory(path.parent.span)
            guard let directory = place else { return true }
            let found = try isRoot ? directory.status() : directory.status(of: path.leaf.span)
            guard let current = found, current.isDirectory else { return true }
            let attributes = context.rules.finalAttributes(
                for: entry,
                current: current,
                isNew: isNew,
                withheld: withheldPermissions.isEmpty ? nil : withheldPermissions.removeValue(forKey: name)
            )
            var failures = try set(attributes, isRoot ? nil : path.leaf[...], in: directory, current)
            // Its times were right until files were put into it: rsync reports nothing then.
            if !context.state.options.agent.notes { failures.removeAll { $0.operation == "utimensat" } }
            if reportedDirectories.remove(name) == nil { context.report(failures) }
        } catch {
            context.report(error, "set_file_attrs")
        }
        return true
    }

    /// Sets the attributes of a directory by its name, or of `directory` itself.
    private func set(
        _ attributes: FileAttributes,
        _ leaf: ArraySlice<UInt8>?,
        in directory: VolumeDirectory,
        _ current: FileStatus?
    ) throws(VolumeError) -> [VolumeError] {
        guard let leaf else { return try directory.setAttributes(attributes, current: current) }
        return try directory.setAttributes(leaf.span, attributes, current: current)
    }
}

extension Decision {
    /// What happens to the existing entry.
    var displaced: Displaced {
        switch self {
        case .refuse, .skip, .wait, .keep: .nothing
        case .transfer(_, _, _, let displaced, _), .take(_, _, _, let displaced), .make(_, _, let displaced),
            .link(_, let displaced):
            displaced
        }
    }

    /// rsync's name for the step that failed.
    fileprivate func operation(on entry: FileEntry) -> String {
        if case .link = self { return "link" }
        if entry.isRegular { return "copy" }
        return entry.isSymbolicLink ? "symlink" : "mknod"
    }
}
