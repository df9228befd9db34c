import ProcessSupport
import RsyncCommand
import Synchronization

/// Standard output and standard error, in chronological order.
///
/// ## Concurrency model
/// `pending` is guarded by its lock; every thread of a session may write.
final class ConsoleOutput: CommandOutput {
    private static let limit = 16 * 1024

    private let pending = Mutex<[UInt8]>([])
    private let isTerminal = Terminal.isTerminal(1)

    /// Adds a line to standard output.
    func line(_ text: [UInt8]) {
        pending.withLock { bytes in
            bytes += text
            bytes.append(UInt8(ascii: "\n"))
            if isTerminal || bytes.count >= Self.limit { Self.write(&bytes, to: 1) }
        }
    }

    /// Writes text without a line end at once.
    func raw(_ text: String) {
        pending.withLock { bytes in
            bytes += Array(text.utf8)
            Self.write(&bytes, to: 1)
        }
    }

    /// Writes a line to standard error, after everything on standard output.
    func error(_ text: String) {
        pending.withLock { bytes in
            Self.write(&bytes, to: 1)
            var line = Array(text.utf8) + [UInt8(ascii: "\n")]
            Self.write(&line, to: 2)
        }
    }

    /// Writes the pending text.
    func flush() { pending.withLock { Self.write(&$0, to: 1) } }

    private static func write(_ bytes: inout [UInt8], to descriptor: Int32) {
        writeText(bytes, to: descriptor)
        bytes.removeAll(keepingCapacity: true)
    }
}
