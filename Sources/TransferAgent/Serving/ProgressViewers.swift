import LinuxSystem
import RsyncEngine
import Synchronization

/// The commands that follow a pass besides the agent's own output.
///
/// ## Concurrency model
/// The pass's threads report to it, the threads of commands add viewers. The lock is held while viewers are told, which
/// never block.
package final class ProgressViewers: Sendable {
    /// A viewer belongs to its command, and is gone with it.
    private struct Entry {
        weak var viewer: ProgressViewer?
    }

    private struct State {
        var entries: [Entry] = []
        var running: [String: (progress: TransferProgress, start: ContinuousClock.Instant)] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Adds a viewer, which is shown the volumes that run now.
    func add(_ viewer: ProgressViewer) {
        state.withLock { state in
            guard !state.isClosed else { return viewer.close() }
            for (volume, (progress, start)) in state.running.sorted(by: { $0.value.start < $1.value.start }) {
                viewer.begin(volume, progress, since: start)
            }
            state.entries.removeAll { $0.viewer == nil }
            state.entries.append(Entry(viewer: viewer))
        }
    }

    /// Ends all viewers: the pass has ended, and all has been shown.
    func close() {
        state.withLock { state in
            state.isClosed = true
            for entry in state.entries { entry.viewer?.close() }
            state.entries = []
        }
    }

    func begin(_ volume: String, _ progress: TransferProgress) {
        state.withLock { state in
            state.running[volume] = (progress, .now)
            for entry in state.entries { entry.viewer?.begin(volume, progress, since: nil) }
        }
    }

    func message(_ volume: String, _ text: String, _ level: MessageLevel) {
        state.withLock { state in
            for entry in state.entries { entry.viewer?.message(volume, text, level) }
        }
    }

    func end(_ outcome: VolumeOutcome) {
        state.withLock { state in
            state.running[outcome.name] = nil
            for entry in state.entries { entry.viewer?.end(outcome) }
        }
    }
}

/// What one command that follows a pass is shown.
///
/// ## Concurrency model
/// The threads of the pass and of the command call it.
final class ProgressViewer: Sendable {
    /// What waits to be shown; closed at the end of the pass.
    let texts = ViewerTexts()
    let style: ProgressFormat
    private let columns: Int
    private let displays = Mutex<[String: ProgressDisplay]>([:])

    /// Prepares to show a pass.
    ///
    /// - Parameters:
    ///   - style: How.
    ///   - columns: The width of the command's terminal.
    init(style: ProgressFormat, columns: Int) { (self.style, self.columns) = (style, columns) }

    /// The interval between ticks.
    var interval: Duration { style == .tty ? .milliseconds(200) : .seconds(1) }

    func begin(_ volume: String, _ progress: TransferProgress, since start: ContinuousClock.Instant?) {
        display(volume).begin(volume, progress, since: start)
    }

    func message(_ volume: String, _ text: String, _ level: MessageLevel) { display(volume).message(text, level) }

    func end(_ outcome: VolumeOutcome) {
        display(outcome.name).end(outcome)
        displays.withLock { $0[outcome.name] = nil }
    }

    /// Shows the current state of all running volumes.
    func tick() {
        for display in displays.withLock({ Array($0.values) }) { display.tick() }
    }

    func close() { texts.close() }

    private func display(_ volume: String) -> ProgressDisplay {
        displays.withLock { displays in
            if let display = displays[volume] { return display }
            let (columns, isOther) = (columns, !displays.isEmpty)
            let display = ProgressDisplay(
                // Several volumes cannot share a line that is redrawn.
                style: style == .tty && isOther ? .lines : style,
                output: ViewerOutput(name: "output", texts: texts),
                log: .agent("dvm-source", output: ViewerOutput(name: "log", texts: texts)),
                columns: { columns }
            )
            displays[volume] = display
            return display
        }
    }
}

/// The texts that wait for a command; one that does not keep up loses some, since the pass never waits for it.
///
/// ## Concurrency model
/// Any thread adds; the command's thread takes.
final class ViewerTexts: Sendable {
    /// A text, and the member of the message that carries it: `output` or `log`.
    struct Text: Sendable {
        let name: String
        let text: String
    }

    /// In bytes: 64 commands that read nothing take 16 MiB.
    private static let capacity = 256 << 10
    private let queue = BoundedQueue<Text>(capacity: capacity, name: "lines for a command that follows a pass")
    private let lost = Atomic<Int>(0)

    func add(_ text: Text) {
        let length = text.text.utf8.count
        // One that is larger than a message may be is left out, too.
        if length > Self.capacity || !queue.tryPush(text, weight: length + 64) { lost.add(1, ordering: .relaxed) }
    }

    /// Takes the oldest text, waiting at most this long.
    func take(within limit: Duration) -> QueueAnswer<Text> { queue.pop(within: limit) }

    /// How many texts were lost since this was last asked.
    func takeLost() -> Int { lost.exchange(0, ordering: .relaxed) }

    func close() { queue.close() }
}

/// Turns what a display writes into texts for a command.
private struct ViewerOutput: TextOutput {
    let name: String
    let texts: ViewerTexts

    func write(_ text: String) { texts.add(ViewerTexts.Text(name: name, text: text)) }
}
