import Glibc
import LinuxSystem
import RsyncOptions
import VolumeAccess

/// The filter rules of one side of a session, as they apply in the directory that its walk has reached.
///
/// Rules of merge files are read when a directory is entered, and dropped when the walk has left it: only those of the
/// directories on the way to the current one are kept. The sender's walk and the receiver's deletions each have their
/// own.
///
/// One thread uses it.
final class DirectoryFilters {
    /// Opens a directory of the walk by its name.
    typealias Opener = (_ name: [UInt8]) throws(VolumeError) -> VolumeDirectory

    private let list: FilterList
    private let side: FilterRule.Sides
    private let scopes: FilterScopes
    private let needsScopes: Bool
    private let state: SessionState
    private let root: FilterRoot?
    private let files: MergeFiles
    /// Whether each decision is printed (`--debug=filter`).
    let mentionsDecisions: Bool
    /// Which files of a daemon's module are not there for its clients; nil where nothing is hidden.
    private let hidden: ModuleFilters?
    /// The directories on the way to the current one; the first is the root, whose name is empty.
    private var open: [(name: [UInt8], scope: FilterScope)] = []

    /// Prepares the rules for a walk.
    ///
    /// - Parameters:
    ///   - state: Has the options, and ends the session when a merge file is invalid.
    ///   - side: The side that walks.
    ///   - volume: The directory in which files that merge files name are looked up.
    ///   - rules: Further rules, after those of the options.
    ///   - root: The place of the transfer's root; called only if rules refer to it.
    init(
        state: SessionState,
        side: FilterRule.Sides,
        volume: Volume,
        adding rules: [FilterRule] = [],
        root: () -> FilterRoot
    ) {
        self.state = state
        self.side = side
        mentionsDecisions = state.options.output.debugLevel(.filter) > 0
        var list = state.options.selection.filters
        for rule in rules { list.append(rule) }
        self.list = list
        let hidden = ModuleFilters(state.options, in: [])
        self.hidden = hidden
        var place: [UInt8] = []
        if case .module = state.place { place = root().path }
        let files = MergeFiles(state, volume)
        self.files = files
        let reader = FilterReader(userCVSPatterns: FilterReader.userCVSPatterns) {
            [place] (path) throws(FilterError) in
            let isHidden = hidden?.hides(path, below: place) ?? false
            return try files.contents(of: path, below: place, isHidden: isHidden)
        }
        let limits = state.options.deletion.includesExcluded
        scopes = FilterScopes(list, side: side, reader: reader, limitsUnqualified: limits)
        needsScopes = scopes.areNeeded
        self.root = needsScopes || list.rules.contains { $0.traits.isAbsolute } ? root() : nil
    }

    /// Whether there are no rules.
    var isEmpty: Bool { list.isEmpty }

    /// Whether a name is left out by the sender, or protected from deletion by the receiver.
    ///
    /// - Parameters:
    ///   - leaf: The name in its directory.
    ///   - directory: The directory's name in the transfer; empty for the root.
    ///   - isDirectory: Whether it is a directory's.
    ///   - isInDeletedDirectory: Whether its directory is being deleted.
    ///   - opener: Opens the directory, or one above it, to read its merge files.
    /// - Returns: The verdict of the first matching rule; false without one.
    func isExcluded(
        _ leaf: Span<UInt8>,
        below directory: [UInt8],
        isDirectory: Bool,
        isInDeletedDirectory: Bool = false,
        opener: Opener
    ) -> Bool {
        let scope = needsScopes ? scope(of: directory, opener) : FilterScope(root: root?.path ?? [])
        guard !directory.isEmpty else {
            let match = list.match(
                leaf,
                isDirectory: isDirectory,
                side: side,
                isInDeletedDirectory: isInDeletedDirectory,
                in: scope
            )
            return excludes(leaf, isDirectory: isDirectory, by: match)
        }
        var name = directory
        name.append(PathParts.separator)
        for index in leaf.indices { name.append(leaf[index]) }
        let match = list.match(
            name.span,
            isDirectory: isDirectory,
            side: side,
            isInDeletedDirectory: isInDeletedDirectory,
            in: scope
        )
        return excludes(name.span, isDirectory: isDirectory, by: match)
    }

    /// Whether a source argument is left out: merge files of the transfer's root do not concern it, those above do.
    func excludesArgument(_ name: [UInt8], isDirectory: Bool) -> Bool {
        guard !list.isEmpty else { return false }
        let match = list.match(name.span, isDirectory: isDirectory, side: side, in: base)
        return excludes(name.span, isDirectory: isDirectory, by: match)
    }

    /// The verdict of a rule, which is printed if that is wanted.
    private func excludes(_ name: Span<UInt8>, isDirectory: Bool, by match: FilterMatch?) -> Bool {
        guard let match else { return false }
        if mentionsDecisions {
            let word =
                side == .sender
                ? match.isExcluding ? "[sender] hiding" : "[sender] showing"
                : match.isExcluding ? "[generator] protecting" : "[generator] risking"
            var line: [UInt8] = []
            line.append(copying: name)
            line += Array(" because of pattern ".utf8) + match.shown
            state.inform("\(word) \(isDirectory ? "directory" : "file") ", line)
        }
        return match.isExcluding
    }

    // MARK: scopes

    /// The scope above the root.
    private lazy var base: FilterScope = {
        var scope = FilterScope(root: root?.path ?? [])
        guard needsScopes, let root, !scopes.starts.isEmpty else { return scope }
        for (depth, ancestor) in root.ancestors.enumerated() {
            let directory = try? root.open(ancestor.path)
            scope = entered(below: scope, .above(ancestor.rest), ancestor.path, directory) { merge in
                merge.start.flatMap { root.depth(of: $0) }.map { depth >= $0 } ?? false
            }
        }
        return scope
    }()

    private func scope(of directory: [UInt8], _ opener: Opener) -> FilterScope {
        if let last = open.last, last.name == directory { return last.scope }
        while let last = open.last, !Self.leads(from: last.name, to: directory) { open.removeLast() }
        if open.isEmpty { enter([], anchor: .root, below: base, opener) }
        while let last = open.last, last.name != directory {
            let start = last.name.isEmpty ? 0 : last.name.count + 1
            let name = Array(directory[..<directory.span.componentEnd(from: start)])
            enter(name, anchor: .below(name.count + 1), below: last.scope, opener)
        }
        return open.last?.scope ?? base
    }

    private static func leads(from parent: [UInt8], to name: [UInt8]) -> Bool {
        parent.isEmpty || name == parent
            || name.count > parent.count && name[parent.count] == PathParts.separator && name.starts(with: parent)
    }

    private func enter(_ name: [UInt8], anchor: FilterAnchor, below parent: FilterScope, _ opener: Opener) {
        let directory = try? opener(name)
        let path = [UInt8](root?.path ?? []) + (name.isEmpty ? [] : [PathParts.separator] + name)
        open.append((name, entered(below: parent, anchor, path, directory)))
    }

    private func entered(
        below parent: FilterScope,
        _ anchor: FilterAnchor,
        _ path: [UInt8],
        _ directory: VolumeDirectory?,
        where concerns: ((DirectoryMerge) -> Bool)? = nil
    ) -> FilterScope {
        let (hidden, files) = (hidden, files)
        do throws(FilterError) {
            let shown = "/" + PrintableText.path(path)
            return try scopes.scope(below: parent, anchor: anchor, path: shown, where: concerns) {
                (name) throws(FilterError) in
                // What it leaves out would tell the client its lines.
                if hidden?.hides(name, below: path) ?? false { return nil }
                return try directory.flatMap { (directory) throws(FilterError) in
                    try files.file(name, in: directory, path)
                }
            }
        } catch {
            state.fail(.usage(error.description, exitCode: error.exitCode))
            return parent
        }
    }
}
