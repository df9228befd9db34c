import Glibc
package import LinuxSystem

/// A file that is read from start to end, however long it is.
///
/// Used by one thread at a time.
package final class SequentialFile {
    private let descriptor: Descriptor

    /// Opens it.
    ///
    /// - Parameter path: A path; symbolic links are followed.
    /// - Throws: `SystemError` of open(2).
    package init(_ path: String) throws(SystemError) {
        descriptor = Descriptor(owning: try systemCall("open") { openFile(path, O_RDONLY | O_NOCTTY | O_CLOEXEC) })
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
