import Checksums
import LinuxSystem
import VolumeAccess

/// Reads the regular files of batches.
///
/// Each file is looked at before and after its reading (size, modification and change time); one that changed meanwhile is
/// read again, ``attempts`` times in all.
///
/// Used by one thread.
struct BatchHasher: ~Copyable {
    /// What a thread is given to do.
    enum Job: Sendable {
        /// To read the files of a batch, and to pass it on.
        case batch(HandedOver<WalkBatch>, BoundedQueue<HandedOver<WalkBatch>>)
        /// To help with a long file.
        case segments(LongFile, HandedOver<ReadableFile>)
    }

    /// How often a file that changes is read.
    static let attempts = 3

    private let jobs: BoundedQueue<Job>
    private let helpers: Int
    private var hasher: FileHasher
    private let reading: AttributeReading

    /// - Parameters:
    ///   - function: Of the digests.
    ///   - jobs: Where it finds what to do.
    ///   - helpers: How many other threads do the same.
    init(_ function: TreeHashFunction, _ jobs: BoundedQueue<Job>, helpers: Int) {
        hasher = FileHasher(function)
        self.jobs = jobs
        self.helpers = helpers
        reading = .ofManifests
    }

    /// Works until there is nothing more to do.
    mutating func run() {
        while let job = jobs.pop() {
            switch job {
            case .segments(let file, let opened): file.work(opened.value, &hasher)
            case .batch(let handed, let result):
                var batch = handed.value
                for index in batch.entries.indices where batch.entries[index].status.isRegular {
                    read(index, &batch)
                }
                // What follows opens nothing.
                batch.directories = []
                _ = result.push(HandedOver(batch))
            }
        }
    }

    private mutating func read(_ index: Int, _ batch: inout WalkBatch) {
        guard batch.entries[index].status.size > 0 else {
            batch.entries[index].content = hasher.empty()
            return
        }
        guard let place = batch.entries[index].directory else { return }
        let directory = batch.directories[place]
        do throws(VolumeError) {
            let name = batch.entries[index].name
            let file = try directory.openForReading(name.span)
            try refresh(file, in: directory, &batch.entries[index])
            for _ in 0..<Self.attempts {
                let before = try file.currentStatus()
                let content = try root(of: file, before)
                let after = try file.currentStatus()
                batch.entries[index].content = content
                batch.entries[index].status = after
                batch.entries[index].notes.isChanging = content == nil || !before.hasSameContent(as: after)
                if !batch.entries[index].notes.isChanging { break }
            }
            batch.entries[index].notes.holes = try file.holeBytes()
        } catch {
            guard !error.isMissing else {
                batch.entries[index].hasVanished = true
                return
            }
            batch.failures.append(error)
            batch.entries[index].notes.isUnreadable = true
        }
    }

    /// Reads the attributes again where the file is another one, or has changed, since the walk came by.
    private mutating func refresh(
        _ file: ReadableFile,
        in directory: VolumeDirectory,
        _ entry: inout WalkedEntry
    ) throws(VolumeError) {
        let walked = entry.status
        guard file.status.changed != walked.changed || file.status.inode != walked.inode else { return }
        let name = entry.name
        entry.attributes = hasher.attributes(try directory.heldAttributes(of: name.span, reading))
    }

    private mutating func root(of file: ReadableFile, _ status: FileStatus) throws(VolumeError) -> TreeDigest? {
        guard status.size > 0 else { return hasher.empty() }
        guard status.size >= LongFile.leastSize else { return try hasher.root(of: file, 0..<status.size) }
        let long = LongFile(size: status.size)
        for _ in 0..<helpers {
            // The other thread has the only reference to its file.
            _ = jobs.pushAtOnce(.segments(long, HandedOver(try file.duplicate())))
        }
        long.work(file, &hasher)
        return try long.root(&hasher)
    }
}

extension FileStatus {
    /// Whether nothing was written to a file between two looks at it.
    func hasSameContent(as other: FileStatus) -> Bool {
        size == other.size && modified == other.modified && changed == other.changed
    }
}
