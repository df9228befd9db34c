import Glibc
import LinuxSystem
import Synchronization
package import VolumeAccess

/// One pass over a volume that tells what is in it and what it takes on some targets.
///
/// Nothing is kept of an entry but sums: memory grows with the number of directories that wait, and with the number of
/// files that have several names (``TreeFacts/extraNames``).
package struct VolumeScan: Sendable {
    /// What the tree holds.
    package let tree: TreeFacts
    /// What it takes on each target that was asked about, in the order of the question.
    package let needs: [SpaceNeed]
    /// The first errors; how many there were is in ``TreeFacts/unreadable``.
    package let failures: [VolumeError]

    /// Scans a volume, with the same entries that a transfer moves: `lost+found` at the top is left out, mount points
    /// are entered, symbolic links are not followed.
    ///
    /// - Parameters:
    ///   - volume: What to scan; it may change in the meantime.
    ///   - targets: Where it may go to; may be empty.
    ///   - threads: How many work at it; nil for as many as there are processors, 2 to 8.
    ///   - largestFile: Longer files are not transferred and not counted; nil for any.
    ///   - isStopped: Asked before each directory, by several threads, whether to give up.
    /// - Returns: What was found; what could not be read is counted and not an error.
    /// - Throws: ``CapacityError`` when the root cannot be read, no thread can be started or it was stopped.
    package static func run(
        _ volume: Volume,
        for targets: [TargetProfile],
        threads: Int? = nil,
        largestFile: Int64? = nil,
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) throws(CapacityError) -> VolumeScan {
        let root: FileStatus
        do throws(VolumeError) {
            root = try volume.root.status()
        } catch {
            throw .volume(error)
        }
        let work = ScanWork(isStopped: isStopped)
        var started: [WorkerThread] = []
        let wanted = threads ?? min(8, max(2, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
        for number in 0..<max(1, wanted) {
            do throws(SystemError) {
                started.append(
                    try WorkerThread(name: "dvm-scan-\(number)") {
                        let worker = ScanWorker(volume: volume, targets: targets, work: work, largestFile: largestFile)
                        if number == 0 { worker.addRoot(root) }
                        worker.run()
                    }
                )
            } catch {
                // The root was given to the first thread: without it there is nothing to wait for.
                guard !started.isEmpty else {
                    throw .system(operation: error.operation, path: ".", number: error.number)
                }
                break
            }
        }
        for thread in started { thread.join() }
        guard !isStopped() else { throw .stopped }
        let result = work.result.withLock { $0 }
        guard !result.isRootUnreadable else { throw .volume(result.failures[0]) }
        return VolumeScan(
            tree: result.tree,
            needs: result.meters.isEmpty ? targets.map { SpaceMeter($0).total } : result.meters.map(\.total),
            failures: result.failures
        )
    }
}

/// What the threads of a scan share.
///
/// ## Concurrency model
/// A thread that runs dry waits in the queue; `idle` tells the others to give something away. `outstanding` counts the
/// directories that are found and not yet scanned: the thread that brings it to 0 closes the queue.
final class ScanWork: Sendable {
    /// How many errors are kept.
    static let keptFailures = 20

    struct Result: Sendable {
        var tree = TreeFacts()
        var meters: [SpaceMeter] = []
        var failures: [VolumeError] = []
        var isRootUnreadable = false
    }

    let queue = BoundedQueue<ScanBatch>(capacity: .max, name: "directories to scan")
    let idle = Atomic<Int>(0)
    let outstanding = Atomic<Int>(1)
    let links = HardLinkSet()
    let result = Mutex(Result())
    /// Whether directories are given up without being scanned.
    let isStopped: @Sendable () -> Bool

    init(isStopped: @escaping @Sendable () -> Bool) { self.isStopped = isStopped }

    /// Gives up one directory, which was scanned or is not going to be.
    func finishDirectory() {
        if outstanding.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { queue.close() }
    }
}
