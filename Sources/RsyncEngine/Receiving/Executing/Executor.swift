import Glibc
import LinuxSystem
import RsyncOptions
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

    /// Carries out the decision about an entry that is not a directory; for one that ``Candidate/isUnreadable``, the result is
    /// never ``ExecutionResult/unreadable(_:)``.
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
    /// It was, by a copy of what could not be linked.
    case copied
    /// The content was requested; the outcome is reported later.
    case inProgress
    /// It failed; the cause was reported.
    case failed
    /// What the content was to be compared with, or copied from, cannot be read; nothing was requested or reported.
    case unreadable(UnreadableFile)
}

/// A file beside an entry, or at its name, that cannot be read.
struct UnreadableFile: Sendable {
    /// Its path for messages, below the destination or absolute.
    let path: [UInt8]
    let error: VolumeError
    /// Whether it was to be copied, and not only compared with.
    let isCopied: Bool
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
        directories = destination.directories(capacity: 8)
    }

    /// The status of what is at a directory's name: of the directory, where a link leads to one and links are followed.
    ///
    /// - Throws: ``VolumeError``, ELOOP for a link that leads out of the destination.
    func status(
        ofDirectory name: [UInt8],
        _ leaf: ArraySlice<UInt8>,
        in directory: VolumeDirectory?
    ) throws(VolumeError) -> FileStatus? {
        let own = try directory?.status(of: leaf.span)
        guard let own, own.isSymbolicLink, state.options.selection.links.keepsDirectoryLinks else { return own }
        do throws(VolumeError) {
            let referent = try destination.volume.root.status(of: name.span, following: destination.following)
            return referent.flatMap { $0.isDirectory ? $0 : nil } ?? own
        } catch {
            // It leads nowhere: it is replaced as if it were not followed.
            if error.number == ENOTDIR || error.isSymbolicLinkRefused { return own }
            guard error.number == EXDEV else { throw error }
            if case .user = state.place, try !leadsToDirectory(name) { return own }
            throw .system(operation: "open", path: name, number: ELOOP)
        }
    }

    /// Whether a link of a user's own tree leads to a directory, wherever that is.
    private func leadsToDirectory(_ name: [UInt8]) throws(VolumeError) -> Bool {
        do throws(VolumeError) {
            return try destination.volume.root.status(of: name.span, following: .anywhere)?.isDirectory ?? false
        } catch {
            guard error.number == ENOTDIR || error.isSymbolicLinkRefused else { throw error }
            return false
        }
    }

    /// A directory of the destination as it is now; nil where there is none, or something else is in its place.
    func existingDirectory(_ name: [UInt8]) throws(VolumeError) -> VolumeDirectory? {
        do throws(VolumeError) {
            return try directories.directory(name.span)
        } catch {
            guard error.isMissing || error.number == ENOTDIR || error.number == ELOOP else { throw error }
            return nil
        }
    }

    /// What keeps backups on this thread; nil when none are made.
    func backups() -> Backups? { destination.backups(state) }

    /// Called periodically while one entry takes long; does not change the generator's state.
    func stayAlive() { requester.sendKeepAlive() }

    /// Whether missing directories are created although the list does not have them.
    var makesParents: Bool { !state.options.selection.impliedDirectories && state.options.selection.relative }

    /// Reports a failure on one entry; the transfer continues without it, unless the destination is full.
    func report(_ error: VolumeError, _ operation: String) {
        guard !state.failDevice(error, on: destination.volume, synchronizer), !state.hasFailed else { return }
        guard let number = error.number else { return state.report("rsync: [generator] \(error)", .errorTransfer) }
        state.noteLink(error)
        state.report(state.describe(operation, error.path, number: number, role: "generator"), .errorTransfer)
    }

    /// Reports a file that would have been copied.
    func report(unreadable path: [UInt8], _ error: VolumeError) {
        let shown = state.quoted(state.atDestination(path))
        state.report("rsync: [generator] \(error.operation ?? "open") \(shown): \(error.reason)", .errorTransfer)
    }

    /// Reports the attributes that could not be set on an entry.
    func report(_ failures: [VolumeError]) { state.report(attributes: failures, role: "generator") }
}

extension VolumeError {
    /// The reason of a failed system call, as messages end with it.
    var reason: String { number.map { "\(SystemError.text(of: $0)) (\($0))" } ?? description }
}
