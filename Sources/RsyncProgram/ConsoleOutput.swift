import ProcessSupport
import RsyncCommand
import RsyncOptions
import Synchronization

/// Standard output and standard error, in chronological order.
///
/// ## Concurrency model
/// `state` is guarded by its lock; every thread of a session may write.
final class ConsoleOutput: CommandOutput {
    private static let limit = 16 * 1024

    private struct State {
        var pending: [UInt8] = []
        var buffering = Terminal.isTerminal(1) ? OutputBuffering.line : .block
        /// Whether a progress line was printed whose end is missing.
        var isProgressOpen = false

        mutating func endProgress() {
            if isProgressOpen { pending.append(UInt8(ascii: "\n")) }
            isProgressOpen = false
        }
    }

    private let state = Mutex(State())

    /// Sets when standard output is written (`--outbuf`).
    func setBuffering(_ buffering: OutputBuffering) { state.withLock { $0.buffering = buffering } }

    /// Adds a line to standard output.
    func line(_ text: [UInt8]) {
        state.withLock { state in
            state.endProgress()
            state.pending += text
            state.pending.append(UInt8(ascii: "\n"))
            if state.buffering != .block || state.pending.count >= Self.limit { Self.write(&state.pending, to: 1) }
        }
    }

    /// Writes text without a line end at once.
    func raw(_ text: String) {
        state.withLock { state in
            state.pending += Array(text.utf8)
            Self.write(&state.pending, to: 1)
        }
    }

    /// Writes text of the progress display at once.
    func progress(_ text: String) {
        state.withLock { state in
            state.pending += Array(text.utf8)
            Self.write(&state.pending, to: 1)
            state.isProgressOpen = !text.hasSuffix("\n")
        }
    }

    /// Writes a line to standard error, after everything on standard output.
    func error(_ text: [UInt8]) {
        state.withLock { state in
            state.endProgress()
            Self.write(&state.pending, to: 1)
            var line = text + [UInt8(ascii: "\n")]
            Self.write(&line, to: 2)
        }
    }

    /// Writes the pending text.
    func flush() { state.withLock { Self.write(&$0.pending, to: 1) } }

    private static func write(_ bytes: inout [UInt8], to descriptor: Int32) {
        writeText(bytes, to: descriptor)
        bytes.removeAll(keepingCapacity: true)
    }
}
