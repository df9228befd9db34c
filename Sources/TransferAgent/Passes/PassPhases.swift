import RsyncEngine

/// How long the parts of a volume's transfer took; together they are its duration.
///
/// Listing, comparing and sending overlap, so each moment counts for the first of them that goes on.
struct PassPhases: Equatable, Sendable {
    /// Connecting, the check of the target, and waiting for another writer.
    var check = Duration.zero
    /// Going through the source, until the list of its entries is complete.
    var scan = Duration.zero
    /// From then to the first content: the target compares.
    var compare = Duration.zero
    /// From then to the last content.
    var copy = Duration.zero
    /// From then to the end: late renames and deletions.
    var finish = Duration.zero
    /// Flushing to the target's device.
    var sync = Duration.zero

    /// Nothing took any time.
    init() {}

    /// Divides the time of an attempt.
    ///
    /// - Parameters:
    ///   - elapsed: The attempt's duration.
    ///   - sessionBegan: When its last session began, after the attempt; nil for none.
    ///   - progress: Made when the attempt began.
    ///   - synchronization: How long the target flushed; nil when it did not, or did not say.
    init(
        of elapsed: Duration,
        sessionBegan: Duration?,
        _ progress: TransferProgress,
        synchronization: Duration?
    ) {
        let begin = min(sessionBegan ?? elapsed, elapsed)
        let listed = min(max(progress.listTime ?? elapsed, begin), elapsed)
        let content = progress.contentTimes.map { times in
            let first = min(max(times.first, listed), elapsed)
            return (first: first, last: min(max(times.last, first), elapsed))
        }
        sync = min(synchronization ?? .zero, elapsed - (content?.last ?? listed))
        check = begin
        scan = listed - begin
        guard let content else {
            compare = elapsed - listed - sync
            return
        }
        compare = content.first - listed
        copy = content.last - content.first
        finish = elapsed - content.last - sync
    }
}
