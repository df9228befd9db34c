import RsyncOptions
import RsyncWire

extension FileEntry {
    /// Changes the permissions as `--chmod` says; those of symbolic links stay.
    mutating func apply(_ changes: ModeChanges) {
        guard !isSymbolicLink else { return }
        let permissions = changes.applied(to: mode & 0o7777, isDirectory: isDirectory, mask: ProcessMask.value)
        mode = type | permissions
    }
}

extension FileList {
    /// Changes the permissions of all entries.
    func apply(_ changes: ModeChanges) {
        guard !changes.isEmpty else { return }
        for position in entries.indices { entries[position].apply(changes) }
    }
}
