import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Opens or creates the destination directory, below a module's root or by the operator's path.
struct DestinationOpener {
    let base: Volume?
    let state: SessionState

    enum Kind { case directory, other, missing }

    /// Names that are never made.
    private static let dots = ["", ".", ".."].map { Array($0.utf8) }

    private func isBase(_ path: [UInt8]) -> Bool { path.isEmpty || path == [UInt8(ascii: ".")] }

    func destination(
        _ volume: Volume,
        _ path: [UInt8],
        localName: [UInt8]? = nil,
        wasCreated: Bool = false
    ) -> Destination {
        let root = base.map { FilterRoot(module: $0, path: path) } ?? FilterRoot(volume)
        state.setDestination(root)
        return Destination(
            volume: volume,
            localName: localName,
            wasCreated: wasCreated,
            filterRoot: root,
            following: following
        )
    }

    /// How far links to directories are followed at the destination.
    private var following: LinkFollowing {
        guard state.options.selection.followsAtDestination else { return .never }
        return base == nil && state.options.selection.links.paths.followsAll ? .anywhere : .inside
    }

    /// What is at a path.
    ///
    /// - Parameters:
    ///   - path: The path, without slashes at its end.
    ///   - hasSlash: Whether the argument had one, so that it can only be a directory.
    /// - Returns: What is there.
    /// - Throws: ``EngineError/usage(_:exitCode:)`` with code 3 when that cannot be told, or is of no use.
    func kind(of path: [UInt8], hasSlash: Bool) throws(EngineError) -> Kind {
        do throws(VolumeError) {
            let kind = try look(at: path)
            guard kind == .other, hasSlash else { return kind }
            throw VolumeError.system(operation: "open", path: path, number: ENOTDIR)
        } catch {
            let operation = error.number != ENOTDIR && exists(path) ? "change_dir#1" : nil
            throw failure(operation, hasSlash ? path + [PathParts.separator] : path, error, exitCode: 3)
        }
    }

    private func look(at path: [UInt8]) throws(VolumeError) -> Kind {
        do throws(VolumeError) {
            _ = try openVolume(path)
            return .directory
        } catch {
            // What a link of another user leads to is looked at, not used.
            let reason = error.linkNote == nil ? error : obstacle(to: path) ?? error
            if reason.isMissing { return .missing }
            if reason.number == ENOTDIR, exists(path) { return .other }
            throw reason
        }
    }

    /// Why a path leads to no directory, whoever owns the links in it; nil if it does.
    private func obstacle(to path: [UInt8]) -> VolumeError? {
        do throws(VolumeError) {
            _ = try openVolume(path, following: .everybodys)
            return nil
        } catch {
            return error
        }
    }

    /// Whether there is an entry of any kind at a path, whoever owns the links in a user's own path.
    private func exists(_ path: [UInt8]) -> Bool {
        let parts = PathParts(path)
        do throws(VolumeError) {
            let links = base == nil ? PathRule.Links.everybodys : nil
            return try openVolume(parts.directory, following: links).root.status(of: parts.leaf.span) != nil
        } catch {
            return false
        }
    }

    func open(_ path: [UInt8]) throws(EngineError) -> Volume {
        do throws(VolumeError) {
            return try openVolume(path)
        } catch {
            throw failure("change_dir#3", path, error, exitCode: 3)
        }
    }

    private func openVolume(
        _ path: [UInt8],
        following links: PathRule.Links? = nil
    ) throws(VolumeError) -> Volume {
        var rule = state.pathRule(for: base, followsAbsolute: false).unlimited
        if let links { rule.links = links }
        // In a module they lead nowhere else.
        if base != nil, rule.links == .trusted { rule.links = .everybodys }
        guard let base else {
            let path = isBase(path) ? [UInt8(ascii: ".")] : path
            let isSimulated = state.options.attributes.privileges == .simulated
            return try Volume.open(path: path, by: rule, simulating: isSimulated)
        }
        return isBase(path) ? base : try base.open(path, by: rule)
    }

    /// A destination that is one file in its directory.
    func file(_ path: [UInt8]) throws(EngineError) -> Destination {
        let parts = PathParts(path)
        // A dry run with `--mkpath` has not made it.
        if state.options.placement.makesPath, !state.execution.changesDestination,
            try kind(of: parts.directory, hasSlash: false) == .missing
        {
            return destination(try open([]), [], localName: parts.leaf, wasCreated: true)
        }
        return destination(try open(parts.directory), parts.directory, localName: parts.leaf)
    }

    /// Makes the missing directories of a path (`--mkpath`).
    ///
    /// - Parameters:
    ///   - argument: The path, without slashes at its end.
    ///   - hasSlash: Whether it had one.
    ///   - namesEntry: Whether its last component is the name of the only entry, which is not made here.
    ///   - shown: The path that the line about it names.
    /// - Throws: ``EngineError/usage(_:exitCode:)`` with code 11, or 3 below a link of another user.
    func makePath(_ argument: [UInt8], hasSlash: Bool, namesEntry: Bool, shownAs shown: [UInt8]) throws(EngineError) {
        let given = namesEntry ? PathParts(argument).directory : argument
        let path = base == nil ? given : SidePath.normalized(given)
        do throws(VolumeError) {
            var count = 0
            for part in try missing(of: path, acceptsOther: !hasSlash && !namesEntry) {
                if try isMade(part, isLast: part.count == path.count, namesEntry) { count += 1 }
            }
            guard count > 0, state.options.output.namesChanges else { return }
            state.inform("created \(count) director\(count == 1 ? "y" : "ies") for ", shownPath(shown))
        } catch {
            let whole = hasSlash ? argument + [PathParts.separator] : argument
            guard error.linkNote != nil else { throw failure("mkdir", whole, error, exitCode: 11) }
            throw failure(namesEntry ? "change_dir#3" : "change_dir#1", namesEntry ? given : whole, error, exitCode: 3)
        }
    }

    /// The directories of a path that are missing, the topmost first.
    ///
    /// - Parameters:
    ///   - path: The path.
    ///   - acceptsOther: Whether something else may be in place of the last one; then none is missing.
    /// - Returns: Their paths.
    /// - Throws: ``VolumeError``.
    private func missing(of path: [UInt8], acceptsOther: Bool) throws(VolumeError) -> [[UInt8]] {
        guard !path.isEmpty else { return [] }
        var missing: [[UInt8]] = []
        let ends = path.indices.dropFirst().filter { path[$0] == PathParts.separator } + [path.count]
        search: for end in ends.reversed() {
            let part = Array(path[..<end])
            switch try look(at: part) {
            case .directory: break search
            case .missing where !Self.dots.contains(PathParts(part).leaf): missing.append(part)
            // It is there once the one before it has been made.
            case .missing: break
            case .other:
                if end == path.count, acceptsOther { return [] }
                throw .system(operation: "mkdir", path: part, number: end == path.count ? EEXIST : ENOTDIR)
            }
        }
        return missing.reversed()
    }

    /// Makes a directory of a path; false where it cannot be, which is found later.
    private func isMade(_ path: [UInt8], isLast: Bool, _ namesEntry: Bool) throws(VolumeError) -> Bool {
        guard state.execution.changesDestination else { return true }
        do throws(VolumeError) {
            try create(path)
            return true
        } catch {
            guard error.number == EEXIST else { throw error }
            // Another program has made it.
            if try look(at: path) == .directory { return true }
            // A link to nothing.
            guard isLast else { throw .system(operation: "mkdir", path: path, number: ENOENT) }
            guard namesEntry else { throw error }
            return false
        }
    }

    private func create(_ path: [UInt8]) throws(VolumeError) {
        let parts = PathParts(path)
        try openVolume(parts.directory).root.createDirectory(parts.leaf.span, permissions: 0o777)
    }

    /// Makes the destination directory.
    func make(_ path: [UInt8]) throws(EngineError) -> Destination {
        let volume = try makeDirectory(path)
        if state.options.output.namesChanges, !state.options.selection.listsOnly {
            state.inform("created directory ", shownPath(path))
        }
        return destination(volume, path, wasCreated: true)
    }

    /// Makes the only entry of the transfer, a directory, under the name that the argument gives it.
    func makeEntry(_ path: [UInt8]) throws(EngineError) -> Destination {
        _ = try file(path)
        var found = destination(try makeDirectory(path), path, wasCreated: true)
        found.isOnlyEntry = true
        return found
    }

    /// Makes a directory.
    ///
    /// - Returns: The directory; in a dry run one that is not used.
    /// - Throws: ``EngineError/usage(_:exitCode:)`` with code 11.
    private func makeDirectory(_ path: [UInt8]) throws(EngineError) -> Volume {
        guard state.execution.changesDestination else { return try open([]) }
        do throws(VolumeError) {
            try create(path)
            return try openVolume(path)
        } catch {
            if error.linkNote != nil { throw failure("change_dir#2", path, error, exitCode: 3) }
            throw failure("mkdir", path, error, exitCode: 11)
        }
    }

    // MARK: messages

    /// A path as lines for users show it: from the module's root, where that is the root of the file system for rsync.
    private func shownPath(_ path: [UInt8]) -> [UInt8] {
        guard case .module(_, _, isRoot: true) = state.place, path.first != PathParts.separator else { return path }
        return [PathParts.separator] + path
    }

    /// The error about a path; `operation`: nil if it could not be examined.
    private func failure(
        _ operation: String?,
        _ path: [UInt8],
        _ error: VolumeError,
        exitCode: Int32
    ) -> EngineError {
        guard let number = error.number else { return .volume("the destination cannot be used", error) }
        state.noteLink(error)
        let shown = state.quoted(state.place.shown(argument: path))
        let what = operation.map { "\($0) \(shown) failed" } ?? "ERROR: cannot stat destination \(shown)"
        let text = "rsync: [Receiver] \(what): \(SystemError.text(of: number)) (\(number))"
        return .usage(text, exitCode: exitCode)
    }
}
