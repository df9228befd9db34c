package import LinuxSystem

extension SmallFile {
    /// Replaces a file, or makes it; see ``ReplacingFile``.
    ///
    /// - Parameters:
    ///   - path: The file; a symbolic link is replaced, not followed.
    ///   - contents: The new contents.
    ///   - permissions: Those of the new file, less the umask.
    /// - Throws: `SystemError` of the first call that failed; the old contents are still there then.
    package static func replace(
        _ path: String,
        with contents: [UInt8],
        permissions: UInt32 = 0o644
    ) throws(SystemError) {
        let file = try ReplacingFile(path, permissions: permissions)
        try file.write(contents.span)
        try file.commit()
    }
}
