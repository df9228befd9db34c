import AgentControl
import LinuxSystem
package import Logging
import RsyncEngine
import Synchronization

/// Shows the progress of a transfer to users or programs.
///
/// ## Concurrency model
/// Session threads, the ticker and the transfer's own thread call it; `state` is held while a text is written, so that
/// texts come out whole and in order.
package final class ProgressDisplay: Sendable {
    private struct State {
        var volume = ""
        var progress: TransferProgress?
        var start = ContinuousClock.now
        var rate = RateMeter()
        var pace = RateMeter()
        /// The last reading that showed progress, with its time.
        var last: ProgressReading?
        /// The highest percentage that was shown of the volume.
        var percent = 0
        /// When the target began to flush to its disk, in seconds since the volume was begun.
        var syncStart: Double?
        /// Whether the terminal's line shows a bar.
        var isDrawn = false
    }

    private let style: ProgressFormat
    private let output: any TextOutput
    private let log: Logger
    private let columns: @Sendable () -> Int
    private let now: @Sendable () -> ContinuousClock.Instant
    /// Who else is told the same.
    private let viewers: ProgressViewers?
    private let state = Mutex(State())

    /// Makes a display.
    ///
    /// - Parameters:
    ///   - style: How.
    ///   - output: For progress and results.
    ///   - log: For errors.
    ///   - columns: Returns the current width of the terminal.
    ///   - now: The clock.
    ///   - viewers: Who else is told the same.
    package init(
        style: ProgressFormat,
        output: any TextOutput = StandardStream.output,
        log: Logger,
        columns: @escaping @Sendable () -> Int = { StandardStream.output.columns },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        viewers: ProgressViewers? = nil
    ) {
        self.style = style
        self.output = output
        self.log = log
        self.columns = columns
        self.now = now
        self.viewers = viewers
    }

    /// A display of one volume among several that are transferred at the same time.
    ///
    /// It writes whole lines, also to a terminal, where a line that is redrawn can show one volume only.
    func ofOneAmongSeveral() -> ProgressDisplay {
        let style = style == .tty ? .lines : style
        return ProgressDisplay(style: style, output: output, log: log, columns: columns, now: now, viewers: viewers)
    }

    /// The interval between ticks.
    var interval: Duration { style == .tty ? .milliseconds(200) : .seconds(1) }

    /// Starts a volume, or begins to show one that runs.
    ///
    /// - Parameters:
    ///   - volume: Its name.
    ///   - progress: Its counters.
    ///   - start: When it was begun; nil for now.
    func begin(_ volume: String, _ progress: TransferProgress, since start: ContinuousClock.Instant? = nil) {
        viewers?.begin(volume, progress)
        state.withLock { state in
            if state.volume != volume { state.percent = 0 }
            state.volume = volume
            state.progress = progress
            state.start = start ?? now()
            let reading = ProgressReading(volume: volume, progress)
            let elapsed = (now() - state.start).inSeconds
            state.rate = RateMeter(from: reading.bytesMoved, at: elapsed)
            state.pace = RateMeter(from: reading.bytesDone, at: elapsed)
            state.last = nil
            state.syncStart = nil
            guard style == .json else { return }
            emit("started", [("volume", .text(volume))])
        }
    }

    /// Shows the current state of the current volume.
    func tick() {
        state.withLock { state in
            guard style != .none, let reading = read(&state) else { return }
            switch style {
            case .tty:
                output.write("\r" + reading.bar(columns: columns()) + "\u{1B}[K")
                state.isDrawn = true
            case .lines: output.write(reading.line + "\n")
            case .json: emit("progress", reading.json)
            case .none: break
            }
        }
    }

    /// Shows a message of either side.
    func message(_ text: String, _ level: MessageLevel) {
        let volume = state.withLock { state in
            show(text, level, &state)
            return state.volume
        }
        viewers?.message(volume, text, level)
    }

    private func show(_ text: String, _ level: MessageLevel, _ state: inout State) {
        if style == .json {
            return emit(
                "message",
                [("volume", .text(state.volume)), ("level", .text(level.name)), ("text", .text(text))]
            )
        }
        erase(&state)
        if case .info = level {
            if style != .none { output.write(text + "\n") }
        } else {
            log.log(level: level.logLevel, "\(text)", metadata: ["volume": .string(state.volume)])
        }
    }

    /// Ends a volume.
    func end(_ outcome: VolumeOutcome) {
        viewers?.end(outcome)
        state.withLock { state in
            state.progress = nil
            erase(&state)
            if let error = outcome.error {
                let parts = error.logParts.merging(["volume": .string(outcome.name)]) { _, new in new }
                let level: Logger.Level = outcome.isAccepted ? .warning : .error
                log.log(level: level, "dvm-source: volume \(outcome.name): \(error)", metadata: parts)
            }
            switch style {
            case .json: emit("finished", outcome.json)
            case .none: break
            case .lines, .tty:
                output.write(outcome.summary)
                if style == .lines, outcome.isComplete { output.write(outcome.lastLine + "\n") }
            }
        }
    }

    private func read(_ state: inout State) -> ProgressReading? {
        guard let progress = state.progress else { return nil }
        var reading = ProgressReading(volume: state.volume, progress)
        reading.elapsed = (now() - state.start).inSeconds
        reading.leastPercent = state.percent
        state.percent = reading.percent ?? state.percent
        state.rate.add(reading.bytesMoved, at: reading.elapsed)
        state.pace.add(reading.bytesDone, at: reading.elapsed)
        reading.rate = state.rate.rate
        reading.pace = state.pace.rate
        if reading.isSynchronizing {
            let start = state.syncStart ?? reading.elapsed
            state.syncStart = start
            reading.synchronizing = reading.elapsed - start
        }
        if let last = state.last, !reading.isAhead(of: last) {
            reading.idle = reading.elapsed - last.elapsed
        } else {
            state.last = reading
        }
        return reading
    }

    private func erase(_ state: inout State) {
        guard state.isDrawn else { return }
        output.write("\r\u{1B}[K")
        state.isDrawn = false
    }

    private func emit(_ event: String, _ members: [(String, JSONValue)]) {
        output.write(ProgressEvent.line(event, members))
    }
}

extension MessageLevel {
    fileprivate var logLevel: Logger.Level {
        switch self {
        case .info: .info
        case .warning: .warning
        case .error, .errorTransfer: .error
        }
    }

    fileprivate var name: String {
        switch self {
        case .info: "info"
        case .warning: "warning"
        case .error, .errorTransfer: "error"
        }
    }
}
