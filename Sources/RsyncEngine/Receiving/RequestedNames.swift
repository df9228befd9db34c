import LinuxSystem
import RsyncOptions
import RsyncWire

/// The names that a client requested: a server may send nothing else (protocol specification, transfer 19.1, F19 to F21).
struct RequestedNames: Sendable {
    private static let wildcards = [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "[")]
    private static let dot = [UInt8(ascii: ".")]

    /// Names in the transfer, and patterns that the server expands.
    private struct Names: Sendable {
        var names: Set<[UInt8]> = []
        var patterns = FilterList()

        mutating func insert(_ name: [UInt8], asPattern: Bool) {
            guard asPattern, name.contains(where: RequestedNames.wildcards.contains) else {
                names.insert(name)
                return
            }
            patterns.append(FilterRule(pattern: [PathParts.separator] + name, isInclude: false))
        }

        func contains(_ name: ArraySlice<UInt8>) -> Bool {
            if names.contains(Array(name)) { return true }
            return !patterns.isEmpty && patterns.isExcluded(name.span, isDirectory: true, side: .sender)
        }
    }

    /// What was requested, without slashes at the ends; nil if anything may come.
    private let requested: Names?
    /// The directories above, which come without their contents.
    private let parents: Names
    private let filters: FilterList
    private let isRelative: Bool

    /// - Parameters:
    ///   - paths: The source arguments as sent.
    ///   - selection: The client's own selection.
    ///   - areExpanded: Whether a shell may make other names of the arguments (`--old-args`).
    init(paths: [[UInt8]], _ selection: TransferOptions.Selection, areExpanded: Bool = false) {
        filters = selection.filters
        isRelative = selection.relative
        var paths = paths
        var hasPatterns = true
        switch selection.filesFrom {
        case .names(let list):
            paths = []
            hasPatterns = false
            list.forEach { paths.append(ArgumentQuoting.sanitised($0, keepsMark: selection.relative)) }
        case .stream, .file:
            (requested, parents) = (nil, Names())
            return
        case nil: break
        }
        guard !areExpanded, let names = Self.names(of: paths, isRelative: selection.relative) else {
            (requested, parents) = (nil, Names())
            return
        }
        var (requested, parents) = (Names(), Names())
        for name in names {
            requested.insert(name, asPattern: hasPatterns)
            guard selection.relative else { continue }
            for index in name.indices where name[index] == PathParts.separator {
                parents.insert(Array(name[..<index]), asPattern: hasPatterns)
            }
        }
        if selection.relative { parents.insert(Self.dot, asPattern: false) }
        (self.requested, self.parents) = (requested, parents)
    }

    /// The names in the transfer that arguments stand for; nil if one stands for the contents of a directory.
    private static func names(of paths: [[UInt8]], isRelative: Bool) -> [[UInt8]]? {
        var names: [[UInt8]] = []
        for path in paths {
            if isRelative {
                // What the server makes of `..` is its own affair.
                guard let parts = RelativePath(path), !parts.components.isEmpty else { return nil }
                names.append(parts.path)
            } else {
                let leaf = PathParts(path).leaf
                guard !leaf.isEmpty, leaf != dot, leaf != dot + dot else { return nil }
                names.append(leaf)
            }
        }
        return names
    }

    /// Rejects a list that contains a name that was not requested, or that the client excluded, and takes their contents
    /// from directories that are only above what was requested.
    ///
    /// - Parameter list: A sorted list.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 4.
    func check(_ list: FileList) throws(WireError) {
        // What is below a requested directory is requested, too.
        let checksNames = requested != nil && (list.directory == -1 || isRelative)
        // A directory's own rules may differ, and implied directories are not filtered.
        let checksFilters = !filters.isEmpty && !filters.hasDirectoryMerges && !isRelative
        guard checksNames || checksFilters else { return }
        for index in list.entries.indices {
            let entry = list.entries[index]
            let name = list.name(of: entry)
            if checksNames, !isRequested(name, list, index) {
                throw .violation("rejecting unrequested file-list name: \(PrintableText.path(name))", exitCode: 4)
            }
            guard checksFilters, name.first != UInt8(ascii: ".") || name.count > 1,
                filters.isExcluded(name.span, isDirectory: entry.isDirectory, side: .sender)
            else { continue }
            throw .violation("rejecting excluded file-list name: \(PrintableText.path(name))", exitCode: 4)
        }
    }

    private func isRequested(_ name: ArraySlice<UInt8>, _ list: FileList, _ index: Int) -> Bool {
        guard let requested else { return true }
        var end = name.startIndex
        while end <= name.endIndex {
            while end < name.endIndex, name[end] != PathParts.separator { end += 1 }
            if requested.contains(name[..<end]) { return true }
            guard isRelative else { return false }
            end += 1
        }
        guard list.entries[index].isDirectory, parents.contains(name) else { return false }
        list.entries[index].flags.remove(.hasContents)
        return true
    }
}
