import LinuxSystem

/// The receiving thread's end of the finisher's queue: jobs are handed over in batches.
///
/// ## Concurrency model
/// The receiving thread alone adds and hands over, in order; the thread `dvm-finish` takes the batches.
final class FileJobBatch {
    private static let countLimit = 64

    private let queue: BoundedQueue<[FileJob]>
    private var jobs: [FileJob] = []
    private var weight = 0

    init(queue: BoundedQueue<[FileJob]>) { self.queue = queue }

    /// Adds a job behind all that were added before.
    func add(_ job: FileJob) {
        jobs.append(job)
        weight += job.weight
        if jobs.count >= Self.countLimit || weight >= BufferPool.length { handOver() }
    }

    /// Gives the jobs that wait to the finisher; always called before the receiving thread waits for anybody.
    func handOver() {
        guard !jobs.isEmpty else { return }
        queue.push(jobs, weight: max(1, weight))
        jobs = []
        weight = 0
    }
}
