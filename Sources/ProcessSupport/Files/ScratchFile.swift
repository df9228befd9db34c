import Glibc
package import LinuxSystem

/// A file without a name, for what does not fit into memory; it is gone with its owner.
///
/// Used by one thread at a time.
package struct ScratchFile: ~Copyable {
    private let descriptor: Descriptor

    /// Creates an empty one in `TMPDIR`, or in `/tmp`.
    ///
    /// - Throws: `SystemError` of open(2): the directory is read-only, or its file system has no O_TMPFILE.
    package init() throws(SystemError) {
        let directory = environmentValue("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        // 020000000 | O_DIRECTORY: a macro that is not imported.
        let unnamed: Int32 = 0o20_000_000 | O_DIRECTORY
        descriptor = Descriptor(
            owning: try systemCall("open") { openFile(directory, O_RDWR | O_CLOEXEC | unnamed, mode: 0o600) }
        )
    }

    /// Appends bytes.
    ///
    /// - Throws: `SystemError` of write(2).
    package func write(_ bytes: Span<UInt8>) throws(SystemError) { try writeWhole(bytes, to: descriptor.rawValue) }

    /// Goes back to the start.
    ///
    /// - Throws: `SystemError` of lseek(2).
    package func rewind() throws(SystemError) {
        _ = try systemCall("lseek") { lseek(descriptor.rawValue, 0, SEEK_SET) }
    }

    /// Reads on.
    ///
    /// - Parameter span: Filled from its start.
    /// - Returns: How many bytes were read; 0 at the end.
    /// - Throws: `SystemError` of read(2).
    package func read(into span: inout MutableSpan<UInt8>) throws(SystemError) -> Int {
        try readNext(into: &span, from: descriptor.rawValue)
    }
}
