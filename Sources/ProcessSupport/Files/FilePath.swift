import LinuxSystem

/// Paths as the operator writes them.
package enum FilePath {
    /// The path from the root without symbolic links; nil when nothing is there.
    package static func resolved(_ path: String) -> String? { resolvedPath(path) }

    /// The directory that a path's last name is in, such as `/` for `/a/` and `.` for `a`.
    package static func directory(of path: String) -> String {
        let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
        let parts = PathParts(Array(trimmed.utf8))
        return parts.hasParent ? String(decoding: parts.directory, as: UTF8.self) : "."
    }
}
