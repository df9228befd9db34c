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
            following: state.options.selection.followsAtDestination ? .inside : .never
        )
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
            _ = try openVolume(path)
            return .directory
        } catch {
            if error.isMissing { return .missing }
            let isThere = exists(path)
            if error.number == ENOTDIR, isThere, !hasSlash { return .other }
            if error.linkNote != nil, !isThere { return .missing }
            let operation = isThere && error.number != ENOTDIR ? "change_dir#1" : nil
            throw failure(operation, hasSlash ? path + [PathParts.separator] : path, error, exitCode: 3)
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
    ///   - path: The path to create, including its last component.
    ///   - shown: The path that the line about it names.
    /// - Throws: ``EngineError/usage(_:exitCode:)`` with code 11.
    func makePath(_ path: [UInt8], shownAs shown: [UInt8]) throws(EngineError) {
        guard !path.isEmpty else { return }
        let path = base == nil ? path : SidePath.normalized(path)
        var ends = path.indices.dropFirst().filter { path[$0] == PathParts.separator } + [path.count]
        while let end = ends.last, try kind(of: Array(path[..<end]), hasSlash: false) == .missing { ends.removeLast() }
        let start = ends.last ?? 0
        let missing = path.indices.filter { $0 > start && path[$0] == PathParts.separator } + [path.count]
        let made = start == path.count ? [] : missing
        for end in made where state.execution.changesDestination { _ = try makeDirectory(Array(path[..<end])) }
        guard !made.isEmpty, state.options.output.namesChanges else { return }
        state.inform("created \(made.count) director\(made.count == 1 ? "y" : "ies") for ", shownPath(shown))
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
        let parts = PathParts(path)
        guard state.execution.changesDestination else { return try open([]) }
        do throws(VolumeError) {
            try openVolume(parts.directory).root.createDirectory(parts.leaf.span, permissions: 0o777)
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
