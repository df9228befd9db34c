import LinuxSystem
import RsyncOptions
import VolumeAccess

/// The names that a daemon's module hides from its clients (rsyncd.conf(5), `filter`): they are neither sent, received
/// nor deleted.
struct ModuleFilters: Sendable {
    private let list: FilterList
    /// The directory of the transfer in the module, with a slash at its end; empty for the module's root.
    private let prefix: [UInt8]

    /// Prepares the rules; nil where nothing is hidden.
    ///
    /// - Parameters:
    ///   - options: Have the module's rules.
    ///   - directory: The path of the transfer's directory in the module, without slashes at its ends.
    init?(_ options: TransferOptions, in directory: [UInt8]) {
        list = options.selection.moduleFilters
        guard !list.isEmpty else { return nil }
        prefix = directory.isEmpty ? [] : directory + [PathParts.separator]
    }

    /// Whether a name is hidden, by itself or with a directory above it.
    ///
    /// - Parameters:
    ///   - name: Relative to the transfer's directory; `.` for the directory itself.
    ///   - isDirectory: Whether it is a directory's.
    /// - Returns: The verdict.
    func hides(_ name: [UInt8], isDirectory: Bool) -> Bool {
        let path = name == [UInt8(ascii: ".")] ? Array(prefix.dropLast()) : prefix + name
        guard !path.isEmpty else { return false }
        for (index, byte) in path.enumerated() where byte == PathParts.separator && index > 0 {
            if isExcluded(path[..<index], isDirectory: true) { return true }
        }
        return isExcluded(path[...], isDirectory: isDirectory)
    }

    /// Whether a file of a directory is hidden.
    ///
    /// - Parameters:
    ///   - leaf: Its name.
    ///   - parent: The directory's name in the transfer; empty or `.` for its root.
    /// - Returns: The verdict.
    func hides(_ leaf: some Sequence<UInt8>, below parent: [UInt8]) -> Bool {
        let isRoot = parent.isEmpty || parent == [UInt8(ascii: ".")]
        return hides((isRoot ? [] : parent + [PathParts.separator]) + leaf, isDirectory: false)
    }

    private func isExcluded(_ path: ArraySlice<UInt8>, isDirectory: Bool) -> Bool {
        let path = Array(path)
        return list.isExcluded(path.span, isDirectory: isDirectory, side: .sender)
    }
}

/// What a daemon's module hides from a client that reads: names, and what its user may not read.
struct HiddenEntries: Sendable {
    private let filters: ModuleFilters?
    private let hidesUnreadable: Bool

    /// Prepares the rules; nil where nothing is hidden.
    ///
    /// - Parameters:
    ///   - options: Have the module's rules.
    ///   - directory: The path of the source's root in the module.
    init?(_ options: TransferOptions, in directory: [UInt8]) {
        filters = ModuleFilters(options, in: directory)
        hidesUnreadable = options.selection.ignoresUnreadable
        guard filters != nil || hidesUnreadable else { return nil }
    }

    /// Whether a source that the client names is hidden.
    func hides(argument name: [UInt8], isDirectory: Bool) -> Bool {
        filters?.hides(name, isDirectory: isDirectory) ?? false
    }

    /// Whether an entry of a directory is hidden.
    ///
    /// - Parameters:
    ///   - leaf: Its name.
    ///   - parent: The directory's name in the transfer; empty for its root.
    ///   - status: What it is.
    ///   - directory: The directory that contains it.
    /// - Returns: The verdict.
    func hides(
        _ leaf: Span<UInt8>,
        below parent: [UInt8],
        _ status: FileStatus,
        in directory: VolumeDirectory
    ) -> Bool {
        let isRoot = parent.isEmpty || parent == [UInt8(ascii: ".")]
        let name = (isRoot ? [] : parent + [PathParts.separator]) + Array(copying: leaf)
        if let filters, filters.hides(name, isDirectory: status.isDirectory) { return true }
        guard hidesUnreadable, status.isDirectory || status.isRegular else { return false }
        return !directory.canRead(leaf)
    }
}
