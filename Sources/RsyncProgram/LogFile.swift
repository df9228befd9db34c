import Glibc
import LinuxSystem
import ProcessSupport
import RsyncCommand

/// A file of lines with date, time and process.
///
/// ## Concurrency model
/// Opened for appending; each line is one write.
final class LogFile: LineOutput {
    private let descriptor: Descriptor

    /// Opens or creates a log.
    ///
    /// - Throws: ``CommandError/failed(_:exitCode:)`` when it cannot be opened.
    init(path: [UInt8]) throws(CommandError) {
        let number = openFile(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, mode: 0o644)
        guard number >= 0 else {
            let name = String(decoding: path, as: UTF8.self)
            throw .failed("failed to open log-file \(name): \(SystemText(errno))", exitCode: 13)
        }
        descriptor = Descriptor(owning: number)
    }

    /// Takes a descriptor that is open for writing, such as standard error's duplicate.
    init(owning descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Adds a line.
    ///
    /// Write errors are ignored.
    func line(_ text: [UInt8]) {
        let stamp = "\(ClockText.local(Int64(time(nil)), separator: " ")) [\(getpid())] "
        let line = Array(stamp.utf8) + text + [UInt8(ascii: "\n")]
        writeText(line, to: descriptor.rawValue)
    }
}
