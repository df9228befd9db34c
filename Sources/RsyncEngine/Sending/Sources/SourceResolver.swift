import Glibc
import LinuxSystem
package import RsyncOptions
package import VolumeAccess

/// What source arguments are relative to, and where links in them may lead.
package enum SourcePlace: Sendable {
    /// The working directory of a user, who may name anything.
    case user
    /// The root of a daemon's module, which nothing leads out of. `isRoot` tells whether it is the root of the file system
    /// for rsync, as with a chroot, so that paths in messages begin with a slash.
    case module(Volume, name: [UInt8], isRoot: Bool)

    /// How links in the user's own paths are treated.
    var following: LinkFollowing {
        switch self {
        case .user: .anywhere
        case .module: .inside
        }
    }

    /// Which links are followed on the way to a file that options or rules name: in a module, none that leads out of it.
    func rule(_ links: TransferOptions.Links) -> PathRule {
        switch self {
        case .user: links.paths
        case .module(_, _, let isRoot): PathRule(reach: .enclosed(below: isRoot ? [] : nil))
        }
    }

    /// Opens a directory of an argument; a module is open already, and knows whether it simulates.
    func open(_ path: [UInt8], simulating: Bool = false) throws(VolumeError) -> Volume {
        switch self {
        case .user:
            return try Volume.open(path: (path.isEmpty ? [UInt8(ascii: ".")] : path).span, simulating: simulating)
        case .module(let base, _, let isRoot):
            let inner = Self.inner(path)
            let rule = PathRule(links: .everybodys, reach: .enclosed(below: isRoot ? [] : nil))
            return inner.isEmpty ? base : try base.open(inner, by: rule)
        }
    }

    /// The place of a directory of an argument, for filter rules.
    func filterRoot(_ path: [UInt8], _ volume: Volume) -> FilterRoot {
        switch self {
        case .user: FilterRoot(volume)
        case .module(let base, _, _): FilterRoot(module: base, path: Self.inner(path))
        }
    }

    static func inner(_ path: [UInt8]) -> [UInt8] {
        Array(PathParts.components(of: path).filter { $0 != [0x2e] }.joined(separator: [PathParts.separator]))
    }
}

/// Opens what source arguments name.
package struct SourceResolver {
    private static let dot = [UInt8(ascii: ".")]

    private let place: SourcePlace
    private let selection: TransferOptions.Selection
    /// Whether a missing argument is sent as one, for its destination to be deleted (`--delete-missing-args`).
    private let deletesMissing: Bool
    /// Whether owners and modes are those in extended attributes (`--fake-super`).
    private let isSimulated: Bool
    /// The directory opened last: arguments often have theirs in common.
    private var last: (path: [UInt8], directory: ArgumentDirectory)?

    /// A directory of an argument: where it is on a volume, and for filter rules.
    private struct ArgumentDirectory {
        let volume: Volume
        let filterRoot: FilterRoot
        /// The path below the volume's root, where links are followed that must not lead out of it.
        var base: [UInt8] = []
    }

    /// Prepares to open arguments.
    package init(_ place: SourcePlace, _ options: TransferOptions) {
        self.place = place
        selection = options.selection
        deletesMissing = options.deletion.deletesMissingSources
        isSimulated = options.attributes.privileges == .simulated
    }

    /// Opens an argument.
    ///
    /// - Parameter argument: A path as given by the user; relative to the module in a daemon.
    /// - Returns: The source.
    /// - Throws: ``VolumeError`` when the directory part cannot be opened.
    package mutating func resolve(_ argument: [UInt8]) throws(VolumeError) -> SourceRoot {
        guard let filesFrom = selection.filesFrom else {
            return selection.relative ? try relative(argument) : try plain(argument)
        }
        var names: FileNames?
        if case .names(let known) = filesFrom { names = known }
        let directory = try open(argument)
        return SourceRoot(
            volume: directory.volume,
            base: directory.base,
            name: Self.dot,
            argument: argument,
            directory.filterRoot,
            names: names
        )
    }

    private mutating func open(_ path: [UInt8]) throws(VolumeError) -> ArgumentDirectory {
        if let last, last.path == path { return last.directory }
        let volume = try place.open(path, simulating: isSimulated)
        var directory = ArgumentDirectory(volume: volume, filterRoot: place.filterRoot(path, volume))
        if selection.links.followsAny, case .module(let module, _, _) = place {
            directory = ArgumentDirectory(
                volume: module,
                filterRoot: directory.filterRoot,
                base: SourcePlace.inner(path)
            )
        }
        last = (path, directory)
        return directory
    }

    /// Opens an argument that is sent under its last component.
    mutating func plain(_ argument: [UInt8]) throws(VolumeError) -> SourceRoot {
        let parts = PathParts(argument)
        let isParent = parts.leaf == Self.dot + Self.dot
        let takesContents = isParent || parts.leaf.isEmpty || parts.leaf == Self.dot
        let directory = isParent ? argument : parts.hasParent ? parts.directory : []
        let opened = try open(directory)
        var source = SourceRoot(
            volume: opened.volume,
            base: opened.base,
            name: takesContents ? Self.dot : parts.leaf,
            argument: argument,
            opened.filterRoot
        )
        source.argumentDirectory = directory
        return source
    }

    /// Opens an argument that is sent under its path.
    private mutating func relative(_ argument: [UInt8]) throws(VolumeError) -> SourceRoot {
        guard let path = RelativePath(argument) else { throw .invalidName(argument) }
        return try relative(path, argument, try open(path.base))
    }

    private func relative(
        _ path: RelativePath,
        _ argument: [UInt8],
        _ base: ArgumentDirectory
    ) throws(VolumeError) -> SourceRoot {
        let prefix = path.isAbsolute ? [PathParts.separator] : []
        func source(_ directory: ArgumentDirectory, _ prefix: [UInt8], _ name: [UInt8]) -> SourceRoot {
            var source = SourceRoot(
                volume: directory.volume,
                prefix: prefix,
                base: directory.base,
                name: name,
                takesContents: path.takesContents,
                argument: argument,
                base.filterRoot,
                impliedBase: base.volume,
                impliedPath: base.base
            )
            source.impliesRoot = path.beginsAtRoot
            source.argumentDirectory = path.base
            return source
        }
        guard !path.components.isEmpty else { return source(base, [], Self.dot) }
        // Links in the user's own path are followed; below it nothing is.
        let entered = path.takesContents ? path.components[...] : path.components.dropLast()
        let directory = Array(entered.joined(separator: [PathParts.separator]))
        do throws(VolumeError) {
            if !directory.isEmpty, base.base.isEmpty { _ = try base.volume.directory(directory.span) }
            return source(base, prefix, path.path)
        } catch {
            // The walk then sees that it is missing.
            if error.isMissing, deletesMissing, let entry = path.withoutContents {
                return try relative(entry, argument, base)
            }
            if error.isMissing, path.beginsAtRoot, !deletesMissing { return source(base, prefix, path.path) }
            guard error.isSymbolicLinkRefused || error.number == ENOTDIR else { throw error }
            let volume: Volume
            do throws(VolumeError) {
                volume = try open(directory, below: base.volume)
            } catch {
                guard error.number == ENOTDIR || error.isMissing else { throw error }
                // A slash after the name of a non-directory, or of a link to nothing, is ignored.
                if let entry = path.withoutContents { return try relative(entry, argument, base) }
                guard path.beginsAtRoot, !deletesMissing else { throw error }
                return source(base, prefix, path.path)
            }
            let leaf = path.takesContents ? Self.dot : path.components[path.components.count - 1]
            return source(
                ArgumentDirectory(volume: volume, filterRoot: base.filterRoot),
                prefix + directory + [PathParts.separator],
                leaf
            )
        }
    }

    /// Opens a directory of an argument or of a name of `--files-from`.
    private func open(_ path: [UInt8], below volume: Volume) throws(VolumeError) -> Volume {
        if case .user = place, selection.filesFrom == nil || selection.links.followsAny {
            return try volume.volume(at: path.span, following: .anywhere)
        }
        return try volume.open(path, by: listedRule)
    }

    /// How the directories of names are opened.
    private var listedRule: PathRule {
        var rule = place.rule(selection.links)
        switch place {
        // As in rsync, directories that are not part of the transfer are entered like a source argument's.
        case .user: if !selection.relative { rule.links = .everybodys }
        case .module: rule.links = .everybodys
        }
        return rule
    }

    /// Checks that a name of `--files-from` is within the limit of `--confine-root`, wherever links lead.
    private func checkLimit(_ parent: [UInt8], below source: SourceRoot) throws(VolumeError) {
        guard selection.links.paths.limit != nil, !selection.links.followsAny else { return }
        _ = try source.volume.open(parent, by: listedRule)
    }

    /// Opens a name of `--files-from`.
    ///
    /// - Parameters:
    ///   - name: A line of the file; leading slashes do not count, and `..` never leads out of the source.
    ///   - source: The source directory.
    /// - Returns: The source.
    /// - Throws: ``VolumeError`` when its directory cannot be opened.
    mutating func resolve(_ name: [UInt8], below source: SourceRoot) throws(VolumeError) -> SourceRoot {
        let name = ArgumentQuoting.sanitised(name, keepsMark: selection.relative)
        if selection.relative {
            guard let path = RelativePath(name) else { throw .invalidName(name) }
            let parent = path.takesContents ? path.components[...] : path.components.dropLast()
            let directory = path.base.isEmpty ? parent : [path.base] + parent
            try checkLimit(Array(directory.joined(separator: [PathParts.separator])), below: source)
            return try relative(path, name, try self.directory(path.base, below: source))
        }
        let parts = PathParts(name)
        let takesContents = parts.leaf.isEmpty || parts.leaf == Self.dot
        try checkLimit(parts.parent, below: source)
        let directory = try directory(parts.parent, below: source)
        let leaf = takesContents ? Self.dot : parts.leaf
        return SourceRoot(
            volume: directory.volume,
            base: directory.base,
            name: leaf,
            argument: name,
            directory.filterRoot
        )
    }

    private mutating func directory(_ path: [UInt8], below source: SourceRoot) throws(VolumeError) -> ArgumentDirectory
    {
        guard !path.isEmpty else {
            return ArgumentDirectory(volume: source.volume, filterRoot: source.filterRoot, base: source.base)
        }
        if let last, last.path == path { return last.directory }
        let whole = source.base.isEmpty ? path : source.base + [PathParts.separator] + path
        let directory: ArgumentDirectory
        if selection.links.followsAny, case .module = place {
            let filterRoot = place.filterRoot(source.filterRoot.path + [PathParts.separator] + path, source.volume)
            directory = ArgumentDirectory(volume: source.volume, filterRoot: filterRoot, base: whole)
        } else {
            let volume = try open(whole, below: source.volume)
            let filterRoot = place.filterRoot(source.filterRoot.path + [PathParts.separator] + path, volume)
            directory = ArgumentDirectory(volume: volume, filterRoot: filterRoot)
        }
        last = (path, directory)
        return directory
    }
}

extension SourceResolver {
    /// Opens arguments.
    ///
    /// - Parameter arguments: Paths as given by the user; relative to the module in a daemon.
    /// - Returns: Those that can be opened, and what there is to say about the others.
    /// - Throws: ``EngineError`` for an argument that makes the whole transfer impossible.
    package mutating func open(
        _ arguments: [[UInt8]]
    ) throws(EngineError) -> (roots: [SourceRoot], failures: [SourceFailure]) {
        var roots: [SourceRoot] = []
        var failures: [SourceFailure] = []
        for argument in arguments {
            do throws(VolumeError) {
                roots.append(try resolve(argument))
            } catch {
                if let refusal = refusal(of: argument, error) { throw refusal }
                if let failure = failure(of: argument, error) { failures.append(failure) }
            }
        }
        return (roots, failures)
    }

    /// Why nothing can be sent (rsync(1), `--relative`, `--files-from`); nil if only this argument is left out.
    private func refusal(of argument: [UInt8], _ error: VolumeError) -> EngineError? {
        if case .invalidName(argument) = error {
            return .usage("found \"..\" dir in relative path: \(PrintableText.path(argument))", exitCode: 1)
        }
        guard selection.filesFrom != nil else { return nil }
        let text = place.failure("change_dir", place.shown(argument: argument), error.number ?? EINVAL)
        return .usage(text, exitCode: 3)
    }

    /// An argument whose directory cannot be opened; nil if that is to be ignored.
    private mutating func failure(of argument: [UInt8], _ error: VolumeError) -> SourceFailure? {
        let number = error.number ?? EINVAL
        if let directory = selection.relative ? unusableBase(of: argument) : PathParts(argument).directory {
            let text = place.failure("change_dir", place.shown(argument: directory), number)
            return SourceFailure(text: text, isError: true)
        }
        if error.isMissing, selection.ignoresMissing { return nil }
        var shown = argument
        if let path = RelativePath(argument), !path.base.isEmpty {
            shown = path.base + [PathParts.separator] + path.path
        }
        let text = place.failure("link_stat", place.shown(argument: shown), number)
        return SourceFailure(text: text, isError: !error.isMissing)
    }

    /// What comes before `/./` in an argument, if it cannot be opened.
    private mutating func unusableBase(of argument: [UInt8]) -> [UInt8]? {
        guard let path = RelativePath(argument), !path.base.isEmpty else { return nil }
        do throws(VolumeError) {
            _ = try open(path.base)
            return nil
        } catch {
            return path.base
        }
    }
}

/// A source argument that cannot be opened.
package struct SourceFailure: Sendable {
    /// The message.
    let text: String
    /// Whether it counts as an error of the sender, so that nothing is deleted: not for a name that does not exist in a
    /// directory that does.
    let isError: Bool
}

extension SessionState {
    /// Reports arguments that cannot be opened.
    func note(_ failures: [SourceFailure]) {
        for failure in failures {
            if failure.isError { add(.general) }
            report(failure.text, .errorTransfer)
        }
    }
}

extension SourcePlace {
    /// What messages say after a path: the module that it is in.
    var suffix: String {
        switch self {
        case .user: ""
        case .module(_, let name, _): " (in \(PrintableText.path(name)))"
        }
    }

    /// The message about a source that cannot be used.
    func failure(_ operation: String, _ path: [UInt8], _ number: Int32) -> String {
        let reason = "\(SystemError.text(of: number)) (\(number))"
        return "rsync: [sender] \(operation) \"\(PrintableText.path(path))\"\(suffix) failed: \(reason)"
    }

    /// A whole path for messages; in a module, from the module's root (protocol specification, transfer 18.6).
    ///
    /// - Parameters:
    ///   - path: Relative to a directory.
    ///   - directory: Its path from the module's or the system's root, without slashes at its ends.
    /// - Returns: The path.
    func shown(_ path: some Sequence<UInt8>, in directory: [UInt8]) -> [UInt8] {
        guard directory.isEmpty else {
            return [PathParts.separator] + directory + [PathParts.separator] + Array(path)
        }
        if case .module(_, _, isRoot: false) = self { return Array(path) }
        return [PathParts.separator] + Array(path)
    }

    /// The whole path of something below a source's root for messages.
    ///
    /// - Parameters:
    ///   - path: The path below the root's volume.
    ///   - root: The source that the path belongs to.
    /// - Returns: The path.
    func shown(_ path: some Sequence<UInt8>, below root: SourceTable.Root) -> [UInt8] {
        var directory = PathParts.components(of: root.volume.absolutePath)[...]
        if case .module(let module, _, _) = self {
            directory = directory.dropFirst(PathParts.components(of: module.absolutePath).count)
        }
        var rest = PathParts.components(of: Array(path))[...]
        let base = PathParts.components(of: root.base)
        if rest.starts(with: base) {
            directory += base
            rest = rest.dropFirst(base.count)
        }
        let separator = [PathParts.separator]
        let whole = Array(directory.joined(separator: separator))
        return rest.isEmpty ? separator + whole : shown(rest.joined(separator: separator), in: whole)
    }

    /// A path of an argument for messages.
    func shown(argument path: [UInt8]) -> [UInt8] {
        guard path.first != PathParts.separator else { return path }
        switch self {
        case .user:
            let here = (try? Volume.open(path: "."))?.absolutePath ?? []
            return here + [PathParts.separator] + path
        case .module: return shown(path, in: [])
        }
    }
}
