import LinuxSystem
import RsyncOptions
import RsyncWire

/// The names that a client requested: a server may send nothing else (protocol specification, transfer 19.1, F19, F20).
struct RequestedNames: Sendable {
    /// Last components of the source arguments; nil if an argument requested a directory's contents.
    private let names: [[UInt8]]?
    /// The same ones as patterns, which the server expands.
    private let patterns: FilterList
    private let filters: FilterList

    /// - Parameters:
    ///   - paths: The source arguments as sent.
    ///   - filters: The client's own filters.
    init(paths: [[UInt8]], filters: FilterList) {
        self.filters = filters
        let leaves = paths.map { PathParts($0).leaf }
        let asksForContents = leaves.contains { leaf in
            leaf.isEmpty || leaf == [UInt8(ascii: ".")] || leaf == [UInt8(ascii: "."), UInt8(ascii: ".")]
        }
        names = asksForContents ? nil : leaves
        var patterns = FilterList()
        for leaf in leaves { patterns.append(FilterRule(pattern: [UInt8(ascii: "/")] + leaf, isInclude: false)) }
        self.patterns = patterns
    }

    /// Rejects a list that contains a name that was not requested, or that the client excluded.
    func check(_ list: FileList) throws(WireError) {
        // What is below a requested directory is requested, too.
        let checksNames = names != nil && list.directory == -1
        let checksFilters = !filters.isEmpty && !filters.hasDirectoryMerges  // a directory's own rules may differ
        guard checksNames || checksFilters else { return }
        for entry in list.entries {
            let name = list.name(of: entry)
            if checksNames, !isRequested(name.prefix(name.span.componentEnd(from: 0))) {
                throw .violation("rejecting unrequested file-list name: \(printable(name))", exitCode: 4)
            }
            guard checksFilters, name.first != UInt8(ascii: ".") || name.count > 1,
                filters.isExcluded(name.span, isDirectory: entry.isDirectory, side: .sender)
            else { continue }
            throw .violation("rejecting excluded file-list name: \(printable(name))", exitCode: 4)
        }
    }

    private func isRequested(_ first: ArraySlice<UInt8>) -> Bool {
        guard let names else { return true }
        if names.contains(where: { $0[...] == first }) { return true }
        return patterns.isExcluded(Array(first).span, isDirectory: true, side: .sender)
    }
}
