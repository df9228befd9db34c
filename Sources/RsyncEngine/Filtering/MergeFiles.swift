import Glibc
import LinuxSystem
import RsyncOptions
import VolumeAccess

/// Reads the files of filter rules that are in a transfer's tree (rsync(1), "MERGE-FILE FILTER RULES").
///
/// A symbolic link in place of one is followed as in the user's own paths, in a daemon's module to what is in the module:
/// without the rules behind it, what they protect would be deleted.
struct MergeFiles {
    private static let lengthLimit = 1 << 20

    private let state: SessionState
    /// The directory in which files that merge files name are looked up.
    private let volume: Volume
    private let rule: PathRule

    init(_ state: SessionState, _ volume: Volume) {
        self.state = state
        self.volume = volume
        rule = state.place.rule(state.options.selection.links)
    }

    /// A merge file; nil if there is none that can be read, as rsync treats it.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - directory: Its directory.
    ///   - path: The directory's path from the module's or the system's root, without slashes at its ends.
    /// - Returns: Its contents.
    /// - Throws: ``FilterError`` if it is too long.
    func file(_ name: [UInt8], in directory: VolumeDirectory, _ path: [UInt8]) throws(FilterError) -> [UInt8]? {
        let file: ReadableFile
        do throws(VolumeError) {
            file = try open(below: path, name, from: directory) { () throws(VolumeError) in
                try directory.openForReading(name.span)
            }
        } catch {
            state.noteLink(error)
            return nil
        }
        return try contents(of: file)
    }

    /// A file that a merge file names.
    ///
    /// - Parameters:
    ///   - path: The name, relative to the transfer's root.
    ///   - root: The transfer's root, from the module's or the system's root, without slashes at its ends.
    ///   - isHidden: Whether a daemon's module hides it.
    /// - Returns: Its contents.
    /// - Throws: ``FilterError`` with exit code 11 if it cannot be read.
    func contents(of path: [UInt8], below root: [UInt8], isHidden: Bool) throws(FilterError) -> [UInt8] {
        let parts = PathParts(path)
        let file: ReadableFile
        do throws(VolumeError) {
            guard !isHidden else { throw .system(operation: "open", path: path, number: ENOENT) }
            file = try open(below: root, path, from: volume.root) { () throws(VolumeError) in
                try volume.directory(parts.parent.span).openForReading(parts.leaf.span)
            }
        } catch {
            state.noteLink(error)
            throw FilterError("failed to open exclude file \(PrintableText.path(path)): \(error)", exitCode: 11)
        }
        return try contents(of: file)
    }

    /// Opens a file by itself, or by way of links.
    private func open(
        below base: [UInt8],
        _ path: [UInt8],
        from directory: VolumeDirectory,
        _ itself: () throws(VolumeError) -> ReadableFile
    ) throws(VolumeError) -> ReadableFile {
        do throws(VolumeError) {
            if rule.limit == nil { return try itself() }
        } catch {
            guard error.isSymbolicLinkRefused else { throw error }
        }
        guard case .module(let module, _, _) = state.place else {
            return try directory.openForReading(path: path, by: rule)
        }
        let whole = base.isEmpty ? path : base + [PathParts.separator] + path
        return try module.root.openForReading(path: whole, by: rule)
    }

    private func contents(of file: ReadableFile) throws(FilterError) -> [UInt8] {
        guard file.status.size <= Self.lengthLimit else {
            let (shown, limit) = (PrintableText.path(file.path), Self.lengthLimit)
            throw FilterError("the filter file \(shown) is longer than \(limit) bytes", exitCode: 22)
        }
        var bytes = [UInt8](repeating: 0, count: Int(file.status.size))
        do throws(VolumeError) {
            var span = bytes.mutableSpan
            let count = try file.read(into: &span, at: 0)
            return Array(bytes.prefix(count))
        } catch {
            throw FilterError("the filter file \(PrintableText.path(file.path)) cannot be read: \(error)", exitCode: 11)
        }
    }
}
