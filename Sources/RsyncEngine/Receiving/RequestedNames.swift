import LinuxSystem
import RsyncOptions
import RsyncWire

/// The names that a client requested: a server may send nothing else (protocol specification, transfer 19.1, F19, F20).
struct RequestedNames: Sendable {
    /// Last components of the source arguments; nil if an argument requested a directory's contents.
    private let names: [[UInt8]]?
    private let filters: FilterList

    /// - Parameters:
    ///   - paths: The source arguments as sent.
    ///   - filters: The client's own filters.
    init(paths: [[UInt8]], filters: FilterList) {
        self.filters = filters
        let leaves = paths.map { PathParts($0).leaf }
        let asksForContents = leaves.contains { leaf in
            leaf.isEmpty || leaf == [UInt8(ascii: ".")] || leaf == [UInt8(ascii: "."), UInt8(ascii: ".")]
                || leaf.contains { [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "[")].contains($0) }
        }
        names = asksForContents ? nil : leaves
    }

    /// Rejects a first list that contains a name that was not requested.
    func check(_ list: FileList) throws(WireError) {
        for entry in list.entries {
            let name = list.name(of: entry)
            let first = name.prefix(name.span.componentEnd(from: 0))
            if let names, !names.contains(where: { $0[...] == first }) {
                throw .violation("rejecting unrequested file-list name: \(printable(name))", exitCode: 4)
            }
            guard name.first != UInt8(ascii: ".") || name.count > 1,
                filters.isExcluded(name.span, isDirectory: entry.isDirectory, side: .sender)
            else { continue }
            throw .violation("rejecting excluded file-list name: \(printable(name))", exitCode: 4)
        }
    }
}
