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
        /// Where text goes that need not end a line.
        var rawDescriptor: Int32 = 1
        /// Whether the last text has no line end.
        var isMidLine = false

        /// What comes before a line of its own: the end of one that has only begun.
        mutating func lineEnd() -> [UInt8] {
            defer { isMidLine = false }
            return isMidLine ? [UInt8(ascii: "\n")] : []
        }
    }

    private let state = Mutex(State())

    /// Sets when standard output is written (`--outbuf`).
    func setBuffering(_ buffering: OutputBuffering) { state.withLock { $0.buffering = buffering } }

    /// Sends what is printed with ``raw(_:)`` to standard error, too (`--stderr=all`).
    func routeAllToErrors() { state.withLock { $0.rawDescriptor = 2 } }

    /// Adds a line to standard output.
    func line(_ text: [UInt8]) {
        state.withLock { state in
            state.pending += state.lineEnd() + text
            state.pending.append(UInt8(ascii: "\n"))
            if state.buffering != .block || state.pending.count >= Self.limit { Self.write(&state.pending, to: 1) }
        }
    }

    /// Writes text at once, which need not end a line.
    func raw(_ text: String) { raw(text, startsLine: false) }

    /// Writes text at once on a line of its own, which it need not end.
    func rawLine(_ text: String) { raw(text, startsLine: true) }

    private func raw(_ text: String, startsLine: Bool) {
        state.withLock { state in
            var text = (startsLine ? state.lineEnd() : []) + Array(text.utf8)
            state.isMidLine = text.last != UInt8(ascii: "\n")
            Self.write(&state.pending, to: 1)
            Self.write(&text, to: state.rawDescriptor)
        }
    }

    /// Writes a line to standard error, after everything on standard output.
    func error(_ text: [UInt8]) {
        state.withLock { state in
            Self.write(&state.pending, to: 1)
            // As in rsync, on this stream.
            var line = state.lineEnd() + text + [UInt8(ascii: "\n")]
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
