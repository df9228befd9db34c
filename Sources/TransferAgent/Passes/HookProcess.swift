import Glibc
import LinuxSystem
import ProcessSupport
import Transport

/// A process that runs one command of a shell when it is told to.
///
/// It is started before the agent is confined, since a confined process runs no programs, and knows its command from
/// then on. Its shell waits for the command: the agent, as process 1 of a container, collects the status of every
/// child, whoever waits for it.
///
/// ## Concurrency model
/// One thread at a time runs the command.
final class HookProcess: Sendable {
    /// How a command ended.
    struct Ending: Equatable {
        /// Its exit code; 128 and the signal's number when one ended it, 124 when it took too long.
        var exitCode: Int32
        /// Whether it took too long.
        var isLate = false
        /// The last lines that it printed, at most ``HookProcess/keptLines``.
        var lines: [String]
    }

    /// How many of the last lines are kept.
    static let keptLines = 20
    /// How long a command may go on after SIGTERM.
    private static let grace = Duration.seconds(2)
    /// How often a running command is looked at.
    private static let tick = Duration.milliseconds(100)

    /// Runs the command for each line of standard input, in a process group of its own, to which signals go.
    ///
    /// The line is a word that the command does not know, and the kind of the pass. The word is on each line that the shell
    /// adds to the command's output: one with the number of the group, one at the end with the exit code.
    private static let script = """
        while read -r word DVM_PASS; do
            export DVM_PASS
            setsid /bin/sh -c "$1" </dev/null 2>&1 &
            printf '\\n%s group %s\\n' "$word" "$!"
            wait "$!"
            printf '\\n%s end %s\\n' "$word" "$?"
        done
        """

    private let child: ChildProgram
    private let stream: PipeStream

    /// Starts the process, which waits.
    ///
    /// - Parameters:
    ///   - command: A command of sh(1).
    ///   - environment: Lines of `NAME=VALUE`.
    /// - Throws: `SystemError` when it cannot be started.
    init(_ command: String, environment: [[UInt8]]) throws(SystemError) {
        let given = try Pipe()
        let printed = try Pipe()
        child = try ChildProgram(
            .path(Array("/bin/sh".utf8)),
            ["sh", "-c", Self.script, "dvm-hook", command].map { Array($0.utf8) },
            environment: environment,
            input: given.reading.rawValue,
            output: printed.writing.rawValue,
            defaulted: .all
        )
        stream = try PipeStream(
            reading: printed.takeReading(),
            writing: given.takeWriting(),
            peerDescription: "the command"
        )
    }

    deinit {
        // The shell ends with its input, but not before a command that nothing ends.
        stream.close()
        _ = try? WorkerThread(name: "dvm-hook-end") { [child] in _ = child.wait() }
    }

    /// Runs the command; blocks the calling thread.
    ///
    /// - Parameters:
    ///   - kind: The kind of the pass; nil for none in particular.
    ///   - end: Asked again and again until when it may run, and whether it takes too long then.
    ///   - show: Called for each line that it prints, in printable form.
    /// - Returns: How it ended.
    func run(
        in kind: PassKind?,
        until end: () -> (moment: ContinuousClock.Instant, isLate: Bool),
        show: (String) -> Void
    ) -> Ending {
        let word = Hexadecimal.encode((0..<16).map { _ in UInt8.random(in: 0...255) })
        var output = HookOutput(word)
        var signals = [SIGTERM, SIGKILL][...]
        var (next, isLate) = (ContinuousClock.now, false)
        stream.readTimeout = Self.tick
        do throws(TransportError) {
            try stream.write(Array("\(word) \(kind?.rawValue ?? "")\n".utf8))
            while output.exitCode == nil {
                let limit = end()
                if .now >= limit.moment, .now >= next {
                    guard let signal = signals.first else {
                        // Not even SIGKILL ends it: it waits for a device.
                        break
                    }
                    // The group is there a moment after its number.
                    if let group = output.group, kill(-group, signal) == 0 {
                        if signal == SIGTERM { isLate = limit.isLate }
                        signals.removeFirst()
                        next = .now + Self.grace
                    }
                }
                let bytes = try read()
                guard bytes?.isEmpty != true else { break }
                output.add(bytes ?? [], show)
            }
        } catch {
            output.add(Array("\(error)\n".utf8), show)
        }
        let exitCode = isLate ? 124 : output.exitCode ?? 128 + SIGKILL
        return Ending(exitCode: exitCode, isLate: isLate, lines: output.lines)
    }

    /// What the command has printed; nil when it has printed nothing for a while, empty when the shell has ended.
    private func read() throws(TransportError) -> [UInt8]? {
        do throws(TransportError) {
            return try stream.read(upTo: 4096)
        } catch {
            guard case .timedOut = error else { throw error }
            return nil
        }
    }
}

/// Divides what a command prints into lines, and reads those that the shell adds.
private struct HookOutput {
    /// The longest line in bytes; what is longer is cut.
    private static let longest = 500

    private let word: String
    private var line: [UInt8] = []
    /// Whether the last line was empty, which is the end of an unfinished one where the shell's line follows.
    private var hasBlank = false
    private(set) var lines: [String] = []
    /// The number of the command's process group; nil before it is started.
    private(set) var group: pid_t?
    /// Nil while the command runs.
    private(set) var exitCode: Int32?

    init(_ word: String) { self.word = word }

    mutating func add(_ bytes: [UInt8], _ show: (String) -> Void) {
        for byte in bytes where exitCode == nil {
            guard byte == UInt8(ascii: "\n") else {
                if line.count < Self.longest { line.append(byte) }
                continue
            }
            let text = PrintableText.escaped(line)
            line = []
            if text.hasPrefix(word) {
                // The blank line before it is the shell's.
                hasBlank = false
                let parts = text.split(separator: " ")
                guard parts.count == 3, let number = Int32(parts[2]) else { continue }
                if parts[1] == "group" { group = number > 1 ? number : nil } else { exitCode = number }
            } else {
                if hasBlank { keep("", show) }
                hasBlank = text.isEmpty
                if !text.isEmpty { keep(text, show) }
            }
        }
    }

    private mutating func keep(_ text: String, _ show: (String) -> Void) {
        show(text)
        lines.append(text)
        if lines.count > HookProcess.keptLines { lines.removeFirst() }
    }
}
