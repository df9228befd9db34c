import Glibc
import RsyncEngine
import Synchronization

/// The progress of a volume at one moment.
struct ProgressReading: Equatable, Sendable {
    var volume: String
    var bytesDone: Int64 = 0
    var bytesListed: Int64 = 0
    var bytesMoved: Int64 = 0
    var entriesDone: Int64 = 0
    var entriesListed: Int64 = 0
    var filesTransferred: Int64 = 0
    /// Whether the two `Listed` numbers are final; there is no percentage before.
    var isListComplete = false
    /// Whether the target is flushing to its disk.
    var isSynchronizing = false
    /// Whether sending was paused on request.
    var isPaused = false
    /// Seconds since that began; 0 before.
    var synchronizing: Double = 0
    /// Seconds since the volume was begun.
    var elapsed: Double = 0
    /// Seconds since any of the numbers grew.
    var idle: Double = 0
    /// Bytes transferred per second, smoothed.
    var rate: Double = 0
    /// Bytes processed per second, whether transferred or found up to date, smoothed.
    var pace: Double = 0

    /// What was shown before: an attempt after a failure begins with less.
    var leastPercent = 0

    init(volume: String) { self.volume = volume }

    /// Reads the engine's counters.
    init(volume: String, _ progress: TransferProgress) {
        self.volume = volume
        // The flag first: it is set after the numbers it covers.
        isListComplete = progress.isListComplete.load(ordering: .acquiring)
        bytesListed = progress.bytesListed.load(ordering: .relaxed)
        // A file that grew, or is sent twice, counts for more than its listed size.
        bytesDone = min(progress.bytesDone.load(ordering: .relaxed), bytesListed)
        bytesMoved = progress.bytesMoved.load(ordering: .relaxed)
        entriesDone = progress.entriesDone.load(ordering: .relaxed)
        entriesListed = progress.entriesListed.load(ordering: .relaxed)
        isSynchronizing = progress.isSynchronizing.load(ordering: .relaxed)
        isPaused = progress.isPaused.load(ordering: .relaxed)
        filesTransferred = progress.filesTransferred.load(ordering: .relaxed)
    }

    /// The length of a reportable silence in whole seconds; nil while there is progress.
    var silence: Int? { idle >= 5 ? Int(min(idle, 1e9)) : nil }

    /// Whether a number is higher than in an earlier reading.
    func isAhead(of earlier: ProgressReading) -> Bool {
        bytesDone > earlier.bytesDone || bytesMoved > earlier.bytesMoved || bytesListed > earlier.bytesListed
            || entriesDone > earlier.entriesDone || entriesListed > earlier.entriesListed
    }

    /// Whole percent of the listed bytes, at most 99: only a session that ended successfully is at 100.
    ///
    /// Nil while the list is incomplete. For a volume without bytes, entries are counted.
    var percent: Int? {
        guard isListComplete else { return nil }
        let (done, listed) = bytesListed > 0 ? (bytesDone, bytesListed) : (entriesDone, entriesListed)
        guard listed > 0 else { return leastPercent }
        return min(99, max(leastPercent, Int(Double(max(done, 0)) / Double(listed) * 100)))
    }

    /// Seconds until all listed bytes are done at the smoothed rate; nil when unknown.
    var secondsLeft: Double? {
        guard isListComplete, pace >= 1 else { return nil }
        return Double(max(0, bytesListed - bytesDone)) / pace
    }
}

/// Smooths a rate over about five seconds.
struct RateMeter: Sendable {
    private static let window = 5.0
    private let start: Double
    private var lastBytes: Int64
    private var lastTime: Double
    private(set) var rate = 0.0

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - bytes: Done before, which do not count.
    ///   - elapsed: Seconds since the beginning.
    init(from bytes: Int64 = 0, at elapsed: Double = 0) {
        (start, lastTime) = (elapsed, elapsed)
        lastBytes = bytes
    }

    /// Adds a reading.
    ///
    /// - Parameters:
    ///   - bytes: Done so far.
    ///   - elapsed: Seconds since the beginning.
    mutating func add(_ bytes: Int64, at elapsed: Double) {
        let span = elapsed - lastTime
        guard span > 0 else { return }
        let current = Double(bytes - lastBytes) / span
        // In its first seconds there is no history to smooth with.
        let weight = max(1 - exp(-span / Self.window), span / (elapsed - start))
        rate += weight * (current - rate)
        lastBytes = bytes
        lastTime = elapsed
    }
}
