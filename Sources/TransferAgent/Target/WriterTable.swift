import LinuxSystem
import RsyncEngine
import Synchronization
import VolumeAccess

/// The sessions that write to volumes now: at most one per tree, whatever names lead to it, and on this host at most
/// one process (``VolumeLock``).
///
/// A job that starts again ends what is left of its last session and replaces it. Any other job is refused, but waits
/// for a session whose source has closed the connection: a source that was killed may be back before its session here has ended.
///
/// ## Concurrency model
/// `state` is guarded by its lock. Sessions wait for the end of others on their own threads.
final class WriterTable: Sendable {
    /// How long it may take to detect the end of a connection.
    static let grace = Duration.seconds(1)
    /// How long the threads of a session may run after its connection has ended.
    static let ending = Duration.seconds(20)
    /// How often a connection or another process's lock is polled.
    private static let lockInterval = Duration.milliseconds(50)

    /// A session that writes.
    fileprivate final class Writer: Sendable {
        let number: Int
        let lineage: VolumeLineage
        let volume: String
        let request: DaemonRequest
        let start = ContinuousClock.now
        let ended = BoundedQueue<Never>(capacity: 1, name: "end of a writing session")
        let replaced = Mutex<String?>(nil)

        init(_ number: Int, _ lineage: VolumeLineage, _ volume: String, _ request: DaemonRequest) {
            self.number = number
            self.lineage = lineage
            self.volume = volume
            self.request = request
        }

        /// Whether the source has ended its connection.
        var isGone: Bool { request.connection.isGone }

        /// For the user.
        var description: String {
            let user = request.user.isEmpty ? "" : ", user \(DaemonSession.Report.shown(request.user))"
            let seconds = Int((.now - start).inSeconds)
            return "volume \(volume) has been written to from \(request.peer)\(user) for \(seconds) s"
        }

        /// Aborts the session, once, because its job has started a new one.
        func end(for peer: String) {
            let isFirst = replaced.withLock { replaced in
                defer { replaced = peer }
                return replaced == nil
            }
            if isFirst { request.connection.end() }
        }

        func isOf(_ job: String, _ user: [UInt8]) -> Bool { !job.isEmpty && request.job == job && request.user == user }
    }

    private struct State {
        var writers: [Writer] = []
        var lastNumber = 0
    }

    private let state = Mutex(State())
    private let anchors: LockAnchors

    /// Manages the writers of volumes.
    ///
    /// - Parameter anchors: The directories above them that are open.
    init(anchors: LockAnchors = LockAnchors()) { self.anchors = anchors }

    /// The result of a claim.
    enum Answer {
        case granted(WriterClaim)
        /// Someone else writes; who, for the user.
        case inUse(String)
    }

    /// Claims a volume for a session; blocks the calling thread until it is decided.
    ///
    /// - Parameters:
    ///   - volume: What is written to.
    ///   - name: The volume's name.
    ///   - request: Whose session it is.
    /// - Returns: The claim, or who has the volume.
    /// - Throws: ``VolumeError`` when the volume cannot be examined.
    func claim(
        _ volume: Volume,
        named name: String,
        for request: DaemonRequest
    ) throws(VolumeError) -> Answer {
        let lineage = try volume.lineage()
        let start = ContinuousClock.now
        while true {
            switch enter(lineage, name, request) {
            case .conflict(let other):
                if other.isOf(request.job, request.user) { other.end(for: request.peer) }
                let limit = other.isGone ? Self.ending : Self.grace
                guard .now - start < limit else { return .inUse(other.description) }
                _ = other.ended.pop(within: Self.lockInterval)
            case .entered(let writer):
                guard let lock = try lock(volume, writer) else {
                    leave(writer)
                    guard .now - start < Self.grace else { return .inUse(Self.elsewhere(name)) }
                    _ = BoundedQueue<Never>(capacity: 1, name: "another process's lock").pop(within: Self.lockInterval)
                    continue
                }
                return .granted(WriterClaim(self, writer, lock))
            }
        }
    }

    /// Who currently prevents a session of a job from writing, for the user; nil for none.
    func holder(of volume: Volume, named name: String, job: String, user: [UInt8]) throws(VolumeError) -> String? {
        let lineage = try volume.lineage()
        let other = state.withLock { $0.writers.first { $0.lineage.overlaps(lineage) } }
        guard let other else {
            return try VolumeLock.take(volume, lineage, anchors) == nil ? Self.elsewhere(name) : nil
        }
        // A session waits for both kinds.
        return other.isOf(job, user) || other.isGone ? nil : other.description
    }

    private static func elsewhere(_ volume: String) -> String {
        "volume \(volume), or a directory above or below it, is being written to by another process on the target's host"
    }

    private enum Entry {
        case entered(Writer)
        case conflict(Writer)
    }

    /// Registers as a writer of this process.
    private func enter(_ lineage: VolumeLineage, _ name: String, _ request: DaemonRequest) -> Entry {
        state.withLock { state in
            if let other = state.writers.first(where: { $0.lineage.overlaps(lineage) }) { return .conflict(other) }
            state.lastNumber += 1
            let writer = Writer(state.lastNumber, lineage, name, request)
            state.writers.append(writer)
            return .entered(writer)
        }
    }

    fileprivate func leave(_ writer: Writer) {
        state.withLock { state in state.writers.removeAll { $0.number == writer.number } }
        writer.ended.close()
    }

    /// The lock against other processes; nil when one of them has it.
    private func lock(_ volume: Volume, _ writer: Writer) throws(VolumeError) -> HeldLock? {
        do throws(VolumeError) {
            return try VolumeLock.take(volume, writer.lineage, anchors).map { HeldLock($0) }
        } catch {
            leave(writer)
            throw error
        }
    }

    /// A lock that can be released before the last reference goes.
    fileprivate final class HeldLock: Sendable {
        let reach: LockReach
        private let lock: Mutex<VolumeLock?>

        init(_ lock: VolumeLock) {
            reach = lock.reach
            self.lock = Mutex(lock)
        }

        func end() { lock.withLock { $0 = nil } }
    }
}

/// The right of a session to write, until its last reference is released.
final class WriterClaim: Sendable {
    private let table: WriterTable
    private let writer: WriterTable.Writer
    private let lock: WriterTable.HeldLock

    fileprivate init(_ table: WriterTable, _ writer: WriterTable.Writer, _ lock: WriterTable.HeldLock) {
        self.table = table
        self.writer = writer
        self.lock = lock
    }

    deinit {
        lock.end()
        table.leave(writer)
    }

    /// How far the lock reaches.
    var reach: LockReach { lock.reach }

    /// The address of the same job's new session that ended this one; nil without one.
    var endedFor: String? { writer.replaced.withLock { $0 } }
}
