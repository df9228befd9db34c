import Glibc
import LinuxSystem
import VolumeAccess

/// The backups of one deletion.
final class KeptEntries {
    private let backups: Backups
    private let root: VolumeDirectory
    private let state: SessionState
    /// The path of the entry that is deleted.
    private let top: [UInt8]
    /// Directories, by path, in which backups remain.
    private var holders: Set<[UInt8]> = []
    /// Directories that were reported because they stay.
    private(set) var reported: Set<[UInt8]> = []

    init(_ backups: Backups, of leaf: [UInt8], in root: VolumeDirectory, _ state: SessionState) {
        top = root.path(of: leaf.span)
        self.backups = backups
        self.root = root
        self.state = state
    }

    /// Keeps a backup of an entry that is about to be removed.
    ///
    /// - Returns: False when the entry has to stay.
    func keep(_ path: [UInt8], _ kind: FileKind) -> Bool {
        let start = root.relativePath.isEmpty ? 0 : root.relativePath.count + 1
        let parts = PathParts(path[start...])
        guard kind != .directory else {
            guard holders.contains(path) else { return true }
            // The directories that it is in stay, too.
            var kept = path
            while true {
                if reported.insert(kept).inserted {
                    state.report("cannot delete non-empty directory: \(PrintableText.path(kept))", .info)
                }
                guard kept.count > top.count else { return false }
                kept = PathParts(kept).parent
            }
        }
        do throws(VolumeError) {
            let directory = try parts.hasParent ? root.openDirectory(beneath: parts.parent.span) : root
            try backups.keep(parts.leaf.span, in: directory, deleted: true)
        } catch {
            state.report(
                state.describe("backup", error.path, number: error.number ?? EIO, role: "generator"),
                .errorTransfer
            )
            holders.insert(PathParts(path).parent)
            return false
        }
        if backups.staysBeside { holders.insert(PathParts(path).parent) }
        return true
    }
}
