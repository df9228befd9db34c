import LinuxSystem
import RsyncEngine
import Synchronization

/// The line of `--progress` and `--info=progress2` (protocol specification, transfer 18.4).
///
/// ## Concurrency model
/// `state` is guarded by its lock; the numbers are counters of the session.
final class ProgressLine: Sendable {
    /// Rates are averages over this many seconds.
    private static let window = 5
    /// The bytes of a file that stock rsync reads first.
    private static let firstPiece: Int64 = 32 * 1024

    private struct State {
        var start = ContinuousClock.now
        var samples: [(time: ContinuousClock.Instant, offset: Int64)] = []
        var finishedBytes: Int64 = 0
        var fileCount: Int64 = 0
        var width = 0
    }

    private let isTotal: Bool
    /// Whether this side receives: it shows a file before its first byte, the sender after its first piece.
    private let isReceiving: Bool
    private let numbers: NumberText
    private let figures: TransferProgress
    private let output: any CommandOutput
    private let state = Mutex(State())

    init(isTotal: Bool, isReceiving: Bool, numbers: NumberText, figures: TransferProgress, output: any CommandOutput) {
        self.isTotal = isTotal
        self.isReceiving = isReceiving
        self.numbers = numbers
        self.figures = figures
        self.output = output
    }

    /// A file's data moved; `offset` equal to `size` ends the file.
    func moved(to offset: Int64, of size: Int64) {
        state.withLock { state in
            let now = ContinuousClock.now
            let isEnd = offset == size
            if isEnd { state.fileCount += 1 }
            let place = isTotal ? state.finishedBytes.addingClamped(offset) : offset
            if let last = state.samples.last {
                guard isEnd || now - last.time >= .seconds(1) else { return }
            } else if !isTotal {
                state.start = now
            }
            let total = isTotal ? figures.bytesListed.load(ordering: .relaxed) : size
            if state.samples.isEmpty, size > 0 {
                let first = isReceiving ? 0 : min(size, Self.firstPiece)
                state.samples.append((now, first))
                show(&state, now, first, of: total, isEnd: false)
                guard isEnd else { return }
            }
            state.samples.append((now, place))
            if state.samples.count > Self.window + 1 { state.samples.removeFirst() }
            show(&state, now, place, of: total, isEnd: isEnd)
            guard isEnd else { return }
            state.finishedBytes = state.finishedBytes.addingClamped(size)
            if !isTotal { state.samples = [] }
        }
    }

    /// Ends the line of a whole transfer.
    func finish() {
        guard isTotal else { return }
        state.withLock { state in
            let total = figures.bytesListed.load(ordering: .relaxed)
            show(&state, .now, state.finishedBytes, of: total, isEnd: true, isLast: true)
            output.raw("\n")
        }
    }

    private func show(
        _ state: inout State,
        _ now: ContinuousClock.Instant,
        _ offset: Int64,
        of size: Int64,
        isEnd: Bool,
        isLast: Bool = false
    ) {
        let first = isEnd ? (time: state.start, offset: 0) : state.samples[0]
        let elapsed = Self.seconds(now - first.time)
        let rate = elapsed > 0 ? Double(offset - first.offset) / elapsed / 1024 : 0
        let remaining = rate > 0 ? Double(size - offset) / rate / 1024 : 0
        let percent = size > 0 ? Int(min(100 * Double(offset) / Double(size), 1e6)) : 100
        var line = "\r" + numbers.count(offset).right(15) + " " + "\(percent)%".right(4) + " " + Self.rate(rate)
        line += " " + Self.clock(isEnd ? elapsed : remaining) + (isEnd ? tail(state, isLast: isLast) : "  ")
        let padding = max(0, state.width - line.count)
        if isTotal { state.width = line.count }
        output.raw(line + (isTotal ? String(repeating: " ", count: padding) : isEnd ? "\n" : ""))
    }

    private func tail(_ state: State, isLast: Bool) -> String {
        let listed = figures.entriesListed.load(ordering: .relaxed)
        let passed = figures.entriesPassed.load(ordering: .relaxed)
        let done = passed > 0 ? passed : figures.entriesDone.load(ordering: .relaxed)
        let left = isLast ? 0 : max(0, listed - done)
        let word = figures.isListComplete.load(ordering: .relaxed) ? "to" : "ir"
        return " (xfr#\(state.fileCount), \(word)-chk=\(left)/\(listed))"
    }

    private static func seconds(_ duration: Duration) -> Double {
        let (whole, attoseconds) = duration.components
        return Double(whole) + Double(attoseconds) / 1e18
    }

    /// A rate of KiB/s in seven columns with its unit.
    static func rate(_ rate: Double) -> String {
        if rate > 1_048_576 { return NumberText.fixed(rate / 1_048_576, digits: 2).right(7) + "GB/s" }
        if rate > 1024 { return NumberText.fixed(rate / 1024, digits: 2).right(7) + "MB/s" }
        return NumberText.fixed(rate, digits: 2).right(7) + "kB/s"
    }

    /// Hours, minutes and seconds in ten columns.
    static func clock(_ seconds: Double) -> String {
        guard seconds >= 0, seconds < 9999 * 3600 else { return "  ??:??:??" }
        let whole = Int(seconds)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(whole / 3600)".right(4) + ":" + two(whole / 60 % 60) + ":" + two(whole % 60)
    }
}
