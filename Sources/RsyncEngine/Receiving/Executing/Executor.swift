import RsyncWire
import VolumeAccess

/// Carries decisions out, or pretends to.
///
/// Failures are reported where they happen. Called on the generator's thread only.
protocol Executor: AnyObject {
    /// Opens a directory of the destination.
    ///
    /// - Parameters:
    ///   - name: Its name in the transfer.
    ///   - isNew: Whether this run made it.
    /// - Returns: The directory; nil where it would have been made.
    /// - Throws: ``VolumeError`` when it cannot be opened.
    func open(_ name: [UInt8], isNew: Bool) throws(VolumeError) -> VolumeDirectory?

    /// Does what was decided about an entry that is not a directory.
    func carryOut(_ decision: Decision, _ candidate: Candidate) -> ExecutionResult

    /// Makes a directory, whose attributes are set when its own list comes.
    func makeDirectory(_ candidate: Candidate) throws(VolumeError)

    /// Sets what was decided about a directory that is there.
    func setAttributes(_ decision: Decision, ofDirectory candidate: Candidate) throws(VolumeError)

    /// Sets the final attributes of a directory whose contents are in place.
    ///
    /// - Parameters:
    ///   - entry: The directory.
    ///   - name: Its name in the transfer.
    ///   - isNew: Whether this run made it.
    /// - Returns: Whether it is there, so that it can be opened from now on like any other.
    func finishDirectory(_ entry: FileEntry, _ name: [UInt8], isNew: Bool) -> Bool
}

/// What became of a decision.
enum ExecutionResult: Sendable {
    /// It is as decided.
    case done
    /// Content was asked for; what becomes of it is told later.
    case underWay
    /// It could not be done; the cause was reported.
    case failed
}

/// What the generator, its executor and its deleter work with.
///
/// Used on the generator's thread only.
final class GeneratorContext {
    let state: SessionState
    let destination: Destination
    let rules: DecisionRules
    let requester: any TransferRequester
    /// Directories of the destination that are open.
    let directories: DirectoryCache
    /// Brings the destination to its device at the end; nil where nobody asked for that.
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

    /// Called now and then while one entry takes long; nothing of the generator changes in it.
    func stayAlive() { requester.showLife() }

    /// Reports a failure on one entry; the transfer goes on without it, unless the destination is full.
    func report(_ error: VolumeError, _ operation: String) {
        guard !state.failDevice(error, on: destination.volume, synchronizer) else { return }
        guard let number = error.number else { return state.report("rsync: [generator] \(error)", .errorTransfer) }
        state.report(state.describe(operation, error.path, number: number, role: "generator"), .errorTransfer)
    }

    /// Reports what could not be set on an entry.
    func report(_ failures: [VolumeError]) {
        for failure in failures {
            guard case .system(let operation, let path, let number) = failure else { continue }
            state.report(state.describe(operation, path, number: number, role: "generator"), .errorTransfer)
        }
    }
}
