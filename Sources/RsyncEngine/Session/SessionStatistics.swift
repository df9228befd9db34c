import LinuxSystem
public import RsyncWire
public import Synchronization

/// Entries of a transfer by type, as `--stats` counts them.
public struct EntryCounts: Sendable, Equatable {
    /// Regular files.
    public var regular = 0
    /// Directories.
    public var directories = 0
    /// Symbolic links.
    public var links = 0
    /// Character and block devices.
    public var devices = 0
    /// FIFOs and sockets.
    public var specials = 0

    /// All counts zero.
    public init() {}

    /// All of them.
    public var total: Int { regular + directories + links + devices + specials }

    /// Counts an entry by its mode.
    mutating func count(mode: UInt32) {
        switch mode & 0o170000 {
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
/// Sums of sizes are clamped to the largest value: sizes come from a peer, or from whoever wrote the volume.
public struct SessionStatistics: Sendable, Equatable {
    /// Entries in the file list.
    public var listed = EntryCounts()
    /// Entries that did not exist before.
    public var created = EntryCounts()
    /// Entries deleted at the destination.
    public var deleted = EntryCounts()
    /// Regular files whose data was transferred.
    public var transferredFiles = 0
    /// Received files that were larger than listed, because they grew while they were read.
    public var grownFiles = 0
    /// Bytes of all regular files and links in the list.
    public var totalSize: Int64 = 0
    /// Bytes of the transferred files.
    public var transferredSize: Int64 = 0
    /// Bytes of literal data.
    public var literalData: Int64 = 0
    /// Bytes of matched data.
    public var matchedData: Int64 = 0
    /// Bytes of the encoded file list.
    public var fileListSize: Int64 = 0
    /// Time spent building the list, in milliseconds.
    public var listBuildTime: Int64 = 0
    /// Time spent sending the list, in milliseconds.
    public var listTransferTime: Int64 = 0
    /// The time spent flushing the destination to its device at the end; nil if it was not flushed, or the peer did not
    /// say.
    public var synchronization: Duration?
    /// What is in place at the destination, as counted by the receiving side; nil if it does not report it (stock
    /// rsync, dry run).
    public var inPlace: TransferTally?
    /// Bytes written to the peer.
    public var bytesSent: Int64 = 0
    /// Bytes read from the peer.
    public var bytesReceived: Int64 = 0

    /// All values zero.
    public init() {}
}

/// The progress of a transfer, readable from any thread.
///
/// ## Concurrency model
/// Counters only; each is written by one thread of the session and may be read on any.
public final class TransferProgress: Sendable {
    /// Bytes of file content done: transferred, or found up to date.
    public let bytesDone = Atomic<Int64>(0)
    /// Bytes of file content transferred so far, literal or matched.
    public let bytesMoved = Atomic<Int64>(0)
    /// Bytes of file content listed so far.
    public let bytesListed = Atomic<Int64>(0)
    /// Entries done.
    public let entriesDone = Atomic<Int64>(0)
    /// Entries listed so far.
    public let entriesListed = Atomic<Int64>(0)
    /// Files whose data was transferred.
    public let filesTransferred = Atomic<Int64>(0)
    /// Whether the destination is being flushed to its device.
    public let isSynchronizing = Atomic<Bool>(false)
    /// Whether the list is complete, so that the two `Listed` counters are final.
    public let isListComplete = Atomic<Bool>(false)

    /// All counters zero.
    public init() {}
}

extension TransferProgress {
    /// Counts bytes of a file that is being transferred.
    func noteMoved(_ count: Int) {
        bytesMoved.addClamped(Int64(count))
        bytesDone.addClamped(Int64(count))
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
