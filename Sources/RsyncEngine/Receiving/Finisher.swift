import Glibc
import LinuxSystem
import RsyncWire
import VolumeAccess

/// A file whose content is right and that needs its name and metadata.
///
/// Sendable because it is handed over: the receiver lets go of the content when it pushes a job.
struct FinishJob: @unchecked Sendable {
    /// Where the content is.
    enum Content {
        /// All of it, not on disk yet.
        case memory([UInt8])
        /// In a staged file.
        case staged(StagedFile)
        /// In the destination itself.
        case inPlace(InPlaceFile, length: Int64)
    }

    let plan: TransferPlan
    let content: Content
}

/// Gives received files their names and metadata, beside the thread that receives the next ones.
///
/// ## Concurrency model
/// Runs on the thread `finish`. Jobs come in batches through a bounded queue whose weight counts bytes; what is done is
/// told to the generator, one event a batch.
final class Finisher {
    private let state: SessionState
    private let destination: Destination
    private let directories: DirectoryCache
    private let jobs: BoundedQueue<[FinishJob]>
    private let events: BoundedQueue<GeneratorEvent>

    init(
        state: SessionState,
        destination: Destination,
        jobs: BoundedQueue<[FinishJob]>,
        events: BoundedQueue<GeneratorEvent>
    ) {
        self.state = state
        self.destination = destination
        self.jobs = jobs
        self.events = events
        directories = DirectoryCache(volume: destination.volume, capacity: 4)
    }

    /// Works until the queue is closed.
    func run() {
        while let batch = jobs.pop() {
            var finished: [TransferPlan] = []
            finished.reserveCapacity(batch.count)
            for job in batch {
                do throws(VolumeError) {
                    try finish(job)
                    finished.append(job.plan)
                } catch {
                    fail(job, error)
                }
            }
            if !finished.isEmpty { events.push(.finished(finished)) }
        }
    }

    private func finish(_ job: FinishJob) throws(VolumeError) {
        let plan = job.plan
        switch job.content {
        case .memory(let bytes):
            let directory = try directories.directory(plan.list.parent(of: plan.entry).span)
            let staged = try directory.stage(
                destination.leaf(of: plan.entry, in: plan.list).span,
                replacing: plan.current != nil,
                permissions: plan.attributes.permissions ?? 0o600
            )
            if !bytes.isEmpty {
                if state.options.sparse { try staged.writeSparse(bytes.span) } else { try staged.write(bytes.span) }
            }
            report(try staged.commit(plan.attributes))
        case .staged(let staged):
            report(try staged.commit(plan.attributes))
        case .inPlace(let file, let length):
            report(try file.finish(length: length, plan.attributes))
        }
    }

    private func fail(_ job: FinishJob, _ error: VolumeError) {
        if error.isOutOfSpace { state.fail(.volume("write failed", error)) }
        let number = error.number ?? EIO
        state.report(state.describe("mkstemp", error.path, number: number, role: "receiver"), .errorTransfer)
        events.push(.abandoned(job.plan.index))
    }

    private func report(_ failures: [VolumeError]) {
        for failure in failures {
            guard case .system(let operation, let path, let number) = failure else { continue }
            state.report(state.describe(operation, path, number: number, role: "receiver"), .errorTransfer)
        }
    }
}
