import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Deletes source files that are in place at the destination (protocol specification, transfer 11.12).
///
/// One thread uses it.
struct SourceRemover {
    let state: SessionState
    let directories: SourceDirectories

    /// Deletes the source of an entry, unless it has changed since it was listed.
    ///
    /// - Parameters:
    ///   - entry: The entry, not a directory.
    ///   - list: The list it is in.
    ///   - isDestination: Whether a file is the one that was written, which is kept.
    func remove(_ entry: FileEntry, in list: FileList, unless isDestination: (FileStatus) -> Bool = { _ in false }) {
        let name = PrintableText.path(list.name(of: entry))
        do throws(VolumeError) {
            let directory = try directories.directory(of: entry, in: list)
            let leaf = list.leaf(of: entry)
            guard let status = try directory.status(of: leaf.span) else {
                return state.inform("sender file already removed: ", list.name(of: entry))
            }
            guard !isDestination(status) else { return }
            guard isSame(status, as: entry) else {
                return state.report("ERROR: Skipping sender remove for changed file: \(name)", .errorTransfer)
            }
            try directory.remove(leaf.span)
            if state.options.output.level(.remove) > 0 { state.inform("sender removed ", list.name(of: entry)) }
        } catch {
            let number = error.number ?? EINVAL
            let reason = "\(SystemError.text(of: number)) (\(number))"
            state.report("rsync: [sender] sender failed to remove \"\(name)\": \(reason)", .errorTransfer)
        }
    }

    private func isSame(_ status: FileStatus, as entry: FileEntry) -> Bool {
        let now = FileEntry(status)
        guard status.mode & 0o170000 == entry.type, now.modified == entry.modified else { return false }
        guard entry.isRegular else { return true }
        // Older protocols list whole seconds.
        let isSameMoment = now.nanoseconds == entry.nanoseconds || !state.parameters.dialect.listsNanoseconds
        return status.size == entry.size && isSameMoment
    }
}
