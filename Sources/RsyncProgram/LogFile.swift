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
    /// - Parameters:
    ///   - path: Where it is.
    ///   - rule: Which links are followed on the way.
    /// - Throws: `SystemError` when it cannot be opened.
    init(path: [UInt8], by rule: PathRule) throws(SystemError) {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY
        descriptor = try PathWalk.open(path, flags, mode: 0o644, by: rule)
    }

    /// The line about a log that cannot be opened.
    static func failure(_ path: [UInt8], _ error: SystemError) -> String {
        "failed to open log-file \(String(decoding: path, as: UTF8.self)): \(SystemText(error.number))"
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
