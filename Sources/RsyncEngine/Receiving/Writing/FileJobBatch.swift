import LinuxSystem

/// The receiving thread's end of the finishers' queues: jobs are handed over in batches.
///
/// Small files are independent of each other and go to the finisher with the least work; the jobs of large files, and files
/// that are received a second time, go to the first one, in order.
///
/// ## Concurrency model
/// Only the receiving thread adds and hands over; each queue is drained by one thread `dvm-finish`.
final class FileJobBatch {
    /// Jobs of one kind that are waiting to be handed over.
    private struct Waiting {
        private static let countLimit = 64
        private(set) var jobs: [FileJob] = []
        private var weight = 0

        var isDue: Bool { jobs.count >= Self.countLimit || weight >= BufferPool.length }

        mutating func add(_ job: FileJob) {
            jobs.append(job)
            weight += job.weight
        }

        mutating func push(to queue: BoundedQueue<[FileJob]>) {
            guard !jobs.isEmpty else { return }
            queue.push(jobs, weight: max(1, weight))
            jobs = []
            weight = 0
        }
    }

    private let queues: [BoundedQueue<[FileJob]>]
    /// The queue that got the last small files.
    private var last = 0
    private var ordered = Waiting()
    private var small = Waiting()

    /// - Parameter queues: One for each finisher, at least one; the first also takes the jobs of large files.
    init(queues: [BoundedQueue<[FileJob]>]) { self.queues = queues }

    /// Adds a job; those of a large file are done in the order in which they are added.
    func add(_ job: FileJob) {
        if case .small(_, let plan) = job, plan.attempt == 0 { small.add(job) } else { ordered.add(job) }
        // Pushing the jobs of a large file may block for a long time, which must not delay small files.
        if small.isDue || ordered.isDue { handOver() }
    }

    /// Hands the waiting jobs to the finishers; always called before the receiving thread blocks.
    func handOver() {
        pushSmall()
        ordered.push(to: queues[0])
    }

    /// Waits until the finishers have done all their jobs.
    func awaitFinished() {
        handOver()
        let marks = queues.map { queue in
            let done = BoundedQueue<Never>(capacity: 1, name: "the names of received files")
            queue.push([.mark(done)])
            return done
        }
        for mark in marks { _ = mark.pop() }
    }

    /// Hands the small files to the least loaded queue, in turn when there are several.
    private func pushSmall() {
        guard !small.jobs.isEmpty else { return }
        let turns = (1...queues.count).map { (last + $0) % queues.count }
        last = turns.min { queues[$0].waitingWeight < queues[$1].waitingWeight } ?? 0
        small.push(to: queues[last])
    }
}
