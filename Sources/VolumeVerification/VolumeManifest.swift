package import Checksums
import Glibc
import LinuxSystem
package import VolumeAccess

/// The manifest of a volume as it is now, made while it is asked for.
///
/// ## Concurrency model
/// One thread walks and others read files; batches come in the order of the walk, at most ``waiting`` of them. The thread
/// that asks for items folds them. All end when the object is gone.
package final class VolumeManifest: ManifestStream {
    /// How many batches are between the walk and the one who asks.
    private static let waiting = 8
    /// How many failures are kept.
    package static let keptFailures = 1000

    private typealias Slot = BoundedQueue<HandedOver<WalkBatch>>

    package let function: TreeHashFunction
    /// The first things that could not be read; ``totals`` counts the entries.
    package private(set) var failures: [VolumeError] = []
    private let ordered = BoundedQueue<Slot>(capacity: VolumeManifest.waiting, name: "batches of a manifest")
    private let jobs = BoundedQueue<BatchHasher.Job>(capacity: .max, name: "files to hash")
    /// Why the walk could not begin; closed when it has ended.
    private let walked = BoundedQueue<VolumeError>(capacity: 1, name: "failure of a walk")
    private var fold: ManifestFold
    private var batch = WalkBatch()
    private var step = 0
    private var entry = 0

    package var totals: ManifestTotals { fold.totals }

    /// Begins to make a manifest.
    ///
    /// - Parameters:
    ///   - volume: What to look at; it may change meanwhile.
    ///   - function: Of the digests.
    ///   - threads: How many read files; nil for as many as there are processors, 2 to 8.
    /// - Throws: ``VerificationError/system(_:)`` when no thread can be started.
    package init(_ volume: Volume, _ function: TreeHashFunction, threads: Int? = nil) throws(VerificationError) {
        self.function = function
        fold = ManifestFold(function)
        let readers = max(1, threads ?? min(8, max(2, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))))
        do throws(SystemError) {
            for number in 0..<readers {
                _ = try WorkerThread(name: "dvm-hash-\(number)") { [jobs] in
                    var hasher = BatchHasher(function, jobs, helpers: readers - 1)
                    hasher.run()
                }
            }
            try startWalk(volume)
        } catch {
            jobs.close()
            ordered.close()
            throw .system(error)
        }
    }

    deinit {
        ordered.cancel()
        jobs.cancel()
    }

    private func startWalk(_ volume: Volume) throws(SystemError) {
        let (ordered, jobs, failed, function) = (ordered, jobs, walked, function)
        _ = try WorkerThread(name: "dvm-walk") {
            let walk = CanonicalWalk(volume, function) { batch in
                let slot = Slot(capacity: 1, name: "a batch of a manifest")
                guard ordered.push(slot) else { return false }
                // The walk keeps nothing of a batch that it has given away.
                return jobs.push(.batch(HandedOver(batch), slot))
            }
            do throws(VolumeError) {
                try walk.run()
            } catch {
                _ = failed.pushAtOnce(error)
            }
            ordered.close()
            failed.close()
        }
    }

    // MARK: items

    package func next() throws(VerificationError) -> ManifestItem? {
        while true {
            guard step < batch.steps.count else {
                guard try nextBatch() else { return nil }
                continue
            }
            let kind = batch.steps[step]
            step += 1
            if case .leave(let isChanging) = kind {
                return .leave(fold.leave(isChanging: isChanging), isChanging: isChanging)
            }
            defer { entry += 1 }
            let found = batch.entries[entry]
            if found.hasVanished { continue }
            let encoded = ManifestRecord(found, function).encoded
            if case .enter = kind {
                fold.enter(encoded, found.notes)
                return .enter(encoded, found.notes)
            }
            fold.add(encoded, size: found.status.isRegular ? found.status.size : 0, found.notes)
            return .entry(encoded, found.notes)
        }
    }

    /// Takes the next batch; false at the end.
    private func nextBatch() throws(VerificationError) -> Bool {
        guard let slot = ordered.pop(), let handed = slot.pop() else {
            if let error = walked.pop() { throw .volume(error) }
            return false
        }
        batch = handed.value
        (step, entry) = (0, 0)
        let failed = batch.failures + batch.losses
        failures += failed.prefix(max(0, Self.keptFailures - failures.count))
        fold.count(vanished: batch.vanished, failures: batch.losses.count)
        return true
    }
}
