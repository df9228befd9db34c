import LinuxSystem
package import RsyncWire
package import Synchronization

/// Entries of a transfer by type, as `--stats` counts them.
package struct EntryCounts: Sendable, Equatable {
    /// Regular files.
    package var regular = 0
    /// Directories.
    package var directories = 0
    /// Symbolic links.
    package var links = 0
    /// Character and block devices.
    package var devices = 0
    /// FIFOs and sockets.
    package var specials = 0

    /// All counts zero.
    package init() {}

    /// All of them.
    package var total: Int { regular + directories + links + devices + specials }

    /// Counts an entry by its mode.
    ///
    /// - Parameters:
    ///   - mode: Type and permissions; 0 for a missing source.
    ///   - isReceived: Whether it was listed by the peer; rsync counts a missing source as a special file then.
    mutating func count(mode: UInt32, isReceived: Bool = false) {
        switch mode & 0o170000 {
        case 0 where !isReceived: regular += 1
        case 0o100000: regular += 1
        case 0o040000: directories += 1
        case 0o120000: links += 1
        case 0o020000, 0o060000: devices += 1
        default: specials += 1
        }
    }
}

/// The statistics of a transfer.
///
/// Sums of sizes are clamped to the largest value: sizes come from a peer, or from any program that wrote to the volume.
package struct SessionStatistics: Sendable, Equatable {
    /// Entries in the file list.
    package var listed = EntryCounts()
    /// Entries that did not exist before.
    package var created = EntryCounts()
    /// Whether the protocol lets ``created`` be counted: from version 29 on.
    package internal(set) var countsCreated = true
    /// Entries deleted at the destination.
    package var deleted = EntryCounts()
    /// Whether the protocol tells ``deleted``: from version 31 on.
    package internal(set) var countsDeleted = true
    /// Regular files whose data was transferred.
    package var transferredFiles = 0
    /// Received files that were larger than listed, because they grew while they were read.
    package var grownFiles = 0
    /// Bytes of all regular files and links in the list.
    package var totalSize: Int64 = 0
    /// Bytes of the transferred files.
    package var transferredSize: Int64 = 0
    /// Bytes of literal data.
    package var literalData: Int64 = 0
    /// Bytes of matched data.
    package var matchedData: Int64 = 0
    /// Blocks that the sender found in bases.
    package var matches: Int64 = 0
    /// Places in files whose rolling checksum is that of a block.
    package var hashHits: Int64 = 0
    /// Such places where the content is not the block's.
    package var falseAlarms: Int64 = 0
    /// Bytes of the received file list; the sending side does not count them, as in rsync.
    package var fileListSize: Int64 = 0
    /// Time spent building the list, in milliseconds.
    package var listBuildTime: Int64 = 0
    /// Time spent sending the list, in milliseconds.
    package var listTransferTime: Int64 = 0
    /// The time spent flushing the destination to its device at the end; nil if it was not flushed, or the peer did not
    /// say.
    package var synchronization: Duration?
    /// What is in place at the destination, as counted by the receiving side; nil if it does not report it (stock
    /// rsync, dry run).
    package var inPlace: TransferTally?
    /// Bytes written to the peer.
    package var bytesSent: Int64 = 0
    /// Bytes read from the peer.
    package var bytesReceived: Int64 = 0

    /// All values zero.
    package init() {}
}

/// The progress of a transfer, readable from any thread.
///
/// ## Concurrency model
/// Counters only; each is written by one thread of the session and may be read on any.
package final class TransferProgress: Sendable {
    /// Bytes of file content done: transferred, or found up to date.
    package let bytesDone = Atomic<Int64>(0)
    /// Bytes of file content transferred so far, literal or matched.
    package let bytesMoved = Atomic<Int64>(0)
    /// Bytes of file content listed so far.
    package let bytesListed = Atomic<Int64>(0)
    /// Entries done.
    package let entriesDone = Atomic<Int64>(0)
    /// Entries up to the file that is being transferred, in the order of the lists; only for a display of file progress.
    package let entriesPassed = Atomic<Int64>(0)
    /// Entries listed so far.
    package let entriesListed = Atomic<Int64>(0)
    /// Files whose data was transferred.
    package let filesTransferred = Atomic<Int64>(0)
    /// Whether the destination is being flushed to its device.
    package let isSynchronizing = Atomic<Bool>(false)
    /// Whether this side waits for the end of a pause (``SessionPace``).
    package let isPaused = Atomic<Bool>(false)
    /// Whether the list is complete, so that the two `Listed` counters are final.
    package let isListComplete = Atomic<Bool>(false)

    /// Since when the moments below are counted.
    package let start = ContinuousClock.now
    private let listMoment = Atomic<Int64>(0)
    private let firstMoment = Atomic<Int64>(0)
    private let lastMoment = Atomic<Int64>(0)

    /// All counters zero.
    package init() {}

    /// When the list was complete, after ``start``; nil before that.
    package var listTime: Duration? { Self.duration(listMoment) }
    /// When the first and the last bytes of file content so far were transferred, after ``start``; nil before that.
    package var contentTimes: (first: Duration, last: Duration)? {
        guard let first = Self.duration(firstMoment), let last = Self.duration(lastMoment) else { return nil }
        return (first, last)
    }

    private static func duration(_ moment: borrowing Atomic<Int64>) -> Duration? {
        let nanoseconds = moment.load(ordering: .relaxed)
        return nanoseconds == 0 ? nil : .nanoseconds(nanoseconds)
    }

    private var elapsed: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return max(1, seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    private func set(_ moment: borrowing Atomic<Int64>, once now: Int64) {
        _ = moment.compareExchange(expected: 0, desired: now, ordering: .relaxed)
    }

    /// Notes that the list is complete.
    func completeList() {
        set(listMoment, once: elapsed)
        isListComplete.store(true, ordering: .relaxed)
    }

    fileprivate func noteContent() {
        let now = elapsed
        set(firstMoment, once: now)
        lastMoment.store(now, ordering: .relaxed)
    }
}

extension TransferProgress {
    /// Counts bytes of a file that is being transferred.
    func noteMoved(_ count: Int) {
        bytesMoved.addClamped(Int64(count))
        bytesDone.addClamped(Int64(count))
        noteContent()
    }
}

extension Atomic<Int64> {
    /// Adds, clamping the sum to the largest value.
    func addClamped(_ number: Int64) {
        var before = load(ordering: .relaxed)
        while true {
            let after = before.addingClamped(number)
            let result = weakCompareExchange(expected: before, desired: after, ordering: .relaxed)
            if result.exchanged { return }
            before = result.original
        }
    }
}

extension Int64 {
    /// Adds to a counter, clamping the sum to the largest value.
    mutating func addClamped(_ number: Int64) { self = addingClamped(number) }
}
