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
        var manner = Manner.usual
        /// The last lines that it printed, at most ``HookProcess/keptLines``.
        var lines: [String]
    }

    /// Why a command ended.
    enum Manner: Equatable {
        /// By itself, or since it was no longer wanted.
        case usual
        /// It took too long.
        case late
        /// It took too long and still runs: not even SIGKILL has ended it.
        case running
        /// It was not begun: the shell did not answer.
        case unanswered
    }

    /// How long a command may run.
    struct Limit {
        var moment: ContinuousClock.Instant
        /// Whether one that still runs then takes too long, rather than being no longer wanted.
        var isLate: Bool
        /// How long it may go on after SIGTERM, and after SIGKILL.
        var grace = HookProcess.grace
    }

    /// How many of the last lines are kept.
    static let keptLines = 20
    /// How long a command may go on after SIGTERM.
    static let grace = Duration.seconds(2)
    /// How long a shell may take to say that it waits for a command.
    static let answerLimit = Duration.seconds(10)
    /// How often a running command is looked at.
    private static let tick = Duration.milliseconds(100)

    /// Runs the command for each pair of lines of standard input, in a session of its own, to whose process group signals go.
    ///
    /// The first line has a word that the command does not know, and the kind of the pass; the second one, which the agent
    /// sends after the answer, has the word again: a shell that answers too late to be waited for never runs the command. The
    /// word is on each line that the shell adds to the output.
    ///
    /// The shell ignores what stops the agent and perhaps all processes around it, since a command after the pass has to
    /// run then; the command does not. It keeps no output of the agent open.
    private static let script = """
        exec 2>/dev/null
        trap '' HUP INT TERM
        while read -r word DVM_PASS; do
            printf '\\n%s ready\\n' "$word"
            read -r again && [ "$again" = "$word" ] || continue
            export DVM_PASS
            (
                trap - HUP INT TERM
                exec setsid /bin/sh -c 'printf "\\n%s group %s\\n" "$2" "$$"; exec /bin/sh -c "$1"' sh "$1" "$word"
            ) </dev/null 2>&1
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
            defaulted: .all,
            beginsSession: true
        )
        stream = try PipeStream(
            reading: printed.takeReading(),
            writing: given.takeWriting(),
            peerDescription: "the command's shell"
        )
        stream.readTimeout = Self.tick
        stream.writeTimeout = Self.tick
    }

    deinit {
        // The shell ends with its input, but not before a command that nothing ends.
        stream.close()
        _ = try? WorkerThread(name: "dvm-hook-end") { [child] in _ = child.wait() }
    }

    /// Whether the shell waits for a command: nobody has ended it, nor does an earlier command still run.
    ///
    /// Blocks the calling thread, for at most ``answerLimit``.
    ///
    /// - Parameter isCancelled: Asked again and again whether to wait no longer.
    /// - Returns: Whether it does.
    func isReady(unless isCancelled: () -> Bool) -> Bool {
        var output = HookOutput(Self.newWord())
        let limit = ContinuousClock.now + Self.answerLimit
        do throws(TransportError) {
            let isReady = try ask(nil, &output, until: { isCancelled() ? .now : limit }) { _ in }
            try stream.write(Self.refusal)
            return isReady
        } catch {
            return false
        }
    }

    /// Runs the command; blocks the calling thread.
    ///
    /// - Parameters:
    ///   - kind: The kind of the pass; nil for none in particular.
    ///   - end: Asked again and again how long it may run.
    ///   - show: Called for each line that it prints, in printable form.
    /// - Returns: How it ended.
    func run(in kind: PassKind?, until end: () -> Limit, show: (String) -> Void) -> Ending {
        let word = Self.newWord()
        var output = HookOutput(word)
        var manner = Manner.unanswered
        do throws(TransportError) {
            let answer = ContinuousClock.now + Self.answerLimit
            if try ask(kind, &output, until: { min(answer, end().moment) }, show) {
                try stream.write(Array("\(word)\n".utf8))
                manner = try watch(&output, until: end, show)
            } else {
                try stream.write(Self.refusal)
            }
        } catch {
            output.add(Array("\(error)\n".utf8), show)
        }
        let exitCode =
            switch manner {
            case .usual: output.exitCode ?? 128 + SIGKILL
            case .late, .running, .unanswered: Int32(124)
            }
        return Ending(exitCode: exitCode, manner: manner, lines: output.lines)
    }

    private static func newWord() -> String { Hexadecimal.encode((0..<16).map { _ in UInt8.random(in: 0...255) }) }

    /// A line that is no word.
    private static let refusal = Array("-\n".utf8)

    /// Asks the shell whether it waits for a command.
    private func ask(
        _ kind: PassKind?,
        _ output: inout HookOutput,
        until limit: () -> ContinuousClock.Instant,
        _ show: (String) -> Void
    ) throws(TransportError) -> Bool {
        try stream.write(Array("\(output.word) \(kind?.rawValue ?? "")\n".utf8))
        while !output.isReady {
            guard .now < limit(), try take(&output, show) else { return false }
        }
        return true
    }

    /// Waits for the end of the command, and brings it about when its time is over.
    private func watch(
        _ output: inout HookOutput,
        until end: () -> Limit,
        _ show: (String) -> Void
    ) throws(TransportError) -> Manner {
        var over: ContinuousClock.Instant?
        var manner = Manner.usual
        var sent: Int32?
        while output.exitCode == nil {
            let limit = end()
            if .now >= limit.moment {
                if over == nil, limit.isLate { manner = .late }
                let since = over ?? .now
                over = since
                guard .now < since + limit.grace + limit.grace else { return limit.isLate ? .running : .usual }
                let signal = .now < since + limit.grace ? SIGTERM : SIGKILL
                if signal != sent, let group = output.group, kill(-group, signal) == 0 { sent = signal }
            }
            guard try take(&output, show) else { break }
        }
        return manner
    }

    /// Takes what has been printed, if anything was within a tick.
    ///
    /// - Returns: False when the shell has ended.
    private func take(_ output: inout HookOutput, _ show: (String) -> Void) throws(TransportError) -> Bool {
        guard let bytes = try read() else { return true }
        output.add(bytes, show)
        return !bytes.isEmpty
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

    /// What marks the shell's lines.
    let word: String
    private var line: [UInt8] = []
    /// Whether the last line was empty, which is the end of an unfinished one where the shell's line follows.
    private var hasBlank = false
    private(set) var lines: [String] = []
    /// The number of the command's process group; nil before it is started.
    private(set) var group: pid_t?
    /// Nil while the command runs.
    private(set) var exitCode: Int32?
    /// Whether the shell waits for the command.
    private(set) var isReady = false

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
                if parts.last == "ready" { isReady = true }
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
