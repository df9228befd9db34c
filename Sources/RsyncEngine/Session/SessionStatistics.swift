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

    /// Counts nothing yet.
    package init() {}

    /// All of them.
    package var total: Int { regular + directories + links + devices + specials }

    /// Counts one entry of a mode.
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

/// What a transfer did, in figures.
///
/// Sums of sizes stop at the largest number: sizes are a peer's claims, or what somebody wrote into a volume.
package struct SessionStatistics: Sendable, Equatable {
    /// Entries in the file list.
    package var listed = EntryCounts()
    /// Entries that did not exist before.
    package var created = EntryCounts()
    /// Entries removed at the destination.
    package var deleted = EntryCounts()
    /// Regular files whose data was transferred.
    package var transferredFiles = 0
    /// Received files that were longer than listed: they grew while they were read.
    package var grownFiles = 0
    /// Bytes of all regular files and links in the list.
    package var totalSize: Int64 = 0
    /// Bytes of the transferred files.
    package var transferredSize: Int64 = 0
    /// Bytes sent as they are.
    package var literalData: Int64 = 0
    /// Bytes that the destination had already.
    package var matchedData: Int64 = 0
    /// Bytes of the file list on the wire.
    package var fileListSize: Int64 = 0
    /// Time spent making the list, in milliseconds.
    package var listBuildTime: Int64 = 0
    /// Time spent sending the list, in milliseconds.
    package var listTransferTime: Int64 = 0
    /// How long the destination was brought to its device at the end; nil when it was not, or nobody said.
    package var synchronization: Duration?
    /// What is in place at the destination, as the receiving side counts it; nil where it does not tell: a stock one, a
    /// dry run.
    package var inPlace: TransferTally?
    /// Bytes written to the peer.
    package var bytesSent: Int64 = 0
    /// Bytes read from the peer.
    package var bytesReceived: Int64 = 0

    /// Figures of nothing.
    package init() {}
}

/// How far a transfer is, for whoever asks from another thread.
///
/// ## Concurrency model
/// Counters only; each is written by one thread of the session and may be read by any.
package final class TransferProgress: Sendable {
    /// Bytes of file content dealt with: transferred, or found up to date.
    package let bytesDone = Atomic<Int64>(0)
    /// Bytes of file content that were transferred so far, sent as they are or found at the destination.
    package let bytesMoved = Atomic<Int64>(0)
    /// Bytes of file content listed so far.
    package let bytesListed = Atomic<Int64>(0)
    /// Entries dealt with.
    package let entriesDone = Atomic<Int64>(0)
    /// Entries listed so far.
    package let entriesListed = Atomic<Int64>(0)
    /// Files whose data was transferred.
    package let filesTransferred = Atomic<Int64>(0)
    /// Whether the destination is being brought to its device.
    package let isSynchronizing = Atomic<Bool>(false)
    /// Whether the list is complete, so that the two `Listed` figures are final.
    package let isListComplete = Atomic<Bool>(false)

    /// Nothing done yet.
    package init() {}
}

extension TransferProgress {
    /// Counts bytes of a file that is being transferred.
    func noteMoved(_ count: Int) {
        bytesMoved.addClamped(Int64(count))
        bytesDone.addClamped(Int64(count))
    }
}

extension Atomic<Int64> {
    /// Adds; the sum stops at the largest number.
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
    /// Adds to a figure; the sum stops at the largest number.
    mutating func addClamped(_ number: Int64) { self = addingClamped(number) }
}
