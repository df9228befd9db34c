import RsyncWire
import VolumeAccess

/// Carries out decisions, or pretends to.
///
/// Failures are reported where they occur. Called on the generator's thread only.
protocol Executor: AnyObject {
    /// Opens a directory of the destination.
    ///
    /// - Parameters:
    ///   - name: Its name in the transfer.
    ///   - isNew: Whether this run created it.
    /// - Returns: The directory; nil when a dry run would have created it.
    /// - Throws: ``VolumeError`` when it cannot be opened.
    func open(_ name: [UInt8], isNew: Bool) throws(VolumeError) -> VolumeDirectory?

    /// Carries out the decision about an entry that is not a directory.
    func carryOut(_ decision: Decision, _ candidate: Candidate) -> ExecutionResult

    /// Creates a directory, whose attributes are set when its own list is processed.
    func makeDirectory(_ candidate: Candidate) throws(VolumeError)

    /// Sets the attributes decided for an existing directory.
    func setAttributes(_ decision: Decision, ofDirectory candidate: Candidate) throws(VolumeError)

    /// Sets the final attributes of a directory whose contents are in place.
    ///
    /// - Parameters:
    ///   - entry: The directory.
    ///   - name: Its name in the transfer.
    ///   - isNew: Whether this run created it.
    /// - Returns: Whether it exists, so that from now on it can be opened like any other.
    func finishDirectory(_ entry: FileEntry, _ name: [UInt8], isNew: Bool) -> Bool
}

enum ExecutionResult: Sendable {
    /// The decision was carried out.
    case done
    /// The content was requested; the outcome is reported later.
    case inProgress
    /// It failed; the cause was reported.
    case failed
}

/// What the generator, its executor and its deleter share.
///
/// Used on the generator's thread only.
final class GeneratorContext {
    let state: SessionState
    let destination: Destination
    let rules: DecisionRules
    let requester: any TransferRequester
    /// The destination's open directories.
    let directories: DirectoryCache
    /// Flushes the destination to its device at the end; nil if that was not requested.
    let synchronizer: Synchronizer?

    init(
        state: SessionState,
        destination: Destination,
        requester: any TransferRequester,
        synchronizer: Synchronizer?
    ) {
        self.state = state
        self.destination = destination
        self.requester = requester
        self.synchronizer = synchronizer
        rules = DecisionRules(of: state, into: destination.volume, isLocal: requester.isLocal)
        directories = DirectoryCache(volume: destination.volume, capacity: 8)
    }

    /// Called periodically while one entry takes long; does not change the generator's state.
    func stayAlive() { requester.sendKeepAlive() }

    /// Reports a failure on one entry; the transfer continues without it, unless the destination is full.
    func report(_ error: VolumeError, _ operation: String) {
        guard !state.failDevice(error, on: destination.volume, synchronizer) else { return }
        guard let number = error.number else { return state.report("rsync: [generator] \(error)", .errorTransfer) }
        state.report(state.describe(operation, error.path, number: number, role: "generator"), .errorTransfer)
    }

    /// Reports the attributes that could not be set on an entry.
    func report(_ failures: [VolumeError]) { state.report(attributes: failures, role: "generator") }
}
