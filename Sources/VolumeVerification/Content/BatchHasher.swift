import Checksums
import LinuxSystem
import VolumeAccess

/// Reads the regular files of batches.
///
/// Each file is looked at before and after its reading (size, modification and change time); one that changed meanwhile is
/// read again, ``attempts`` times in all, with its attributes.
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
        let name = batch.entries[index].name
        do throws(VolumeError) {
            let file = try directory.openForReading(name.span)
            // The attributes that the entry has are those of this status.
            var described = batch.entries[index].status
            for _ in 0..<Self.attempts {
                try attempt(file, &batch.entries[index], &described, &batch.failures)
                if !batch.entries[index].notes.isChanging { break }
            }
            batch.entries[index].notes.holes = try file.holeBytes()
        } catch {
            if error.isNameMissing, isGone(name, in: directory) {
                batch.entries[index].hasVanished = true
                batch.vanished += 1
                return
            }
            batch.failures.append(error)
            batch.entries[index].content = nil
            batch.entries[index].notes.isUnreadable = true
        }
    }

    /// Whether there is no such name any more: other causes have the same error.
    private func isGone(_ name: [UInt8], in directory: VolumeDirectory) -> Bool {
        do throws(VolumeError) { return try directory.status(of: name.span) == nil } catch { return false }
    }

    /// Reads a file once, with its attributes where those of the entry may be older.
    private mutating func attempt(
        _ file: ReadableFile,
        _ entry: inout WalkedEntry,
        _ described: inout FileStatus,
        _ failures: inout [VolumeError]
    ) throws(VolumeError) {
        file.forgetHoles()
        let before = try file.currentStatus()
        if before.inode != described.inode || before.changed != described.changed {
            let held = try file.heldAttributes(reading)
            failures += held.failures
            entry.notes.isUnreadable = !held.failures.isEmpty
            entry.attributes = hasher.attributes(held)
            described = before
        }
        entry.content = try root(of: file, before)
        entry.status = try file.currentStatus()
        entry.notes.isChanging = entry.content == nil || !before.hasSameContent(as: entry.status)
    }

    private mutating func root(of file: ReadableFile, _ status: FileStatus) throws(VolumeError) -> TreeDigest? {
        guard status.size > 0 else { return hasher.empty() }
        guard status.size >= LongFile.leastSize else { return try hasher.root(of: file, 0..<status.size) }
        var fold = TreeFold()
        for start in stride(from: 0, to: status.size, by: Int(LongFile.stripeSize)) {
            let end = start.addingClamped(LongFile.stripeSize)
            guard let roots = try segments(of: file, start..<min(end, status.size)) else { return nil }
            for root in roots { hasher.add(root, to: &fold) }
        }
        return hasher.takeRoot(of: &fold)
    }

    /// Hashes a stripe of a long file, with the help of threads that have nothing else to do.
    private mutating func segments(
        of file: ReadableFile,
        _ range: Range<Int64>
    ) throws(VolumeError) -> [TreeDigest]? {
        let long = LongFile(range)
        while jobs.waitingWeight < helpers {
            // The other thread has the only reference to its file; without a descriptor for it this one works alone.
            guard let other = try? file.duplicate() else { break }
            guard jobs.push(.segments(long, HandedOver(other))) else { break }
        }
        long.work(file, &hasher)
        return try long.roots()
    }
}

extension FileStatus {
    /// Whether nothing was written to a file between two looks at it.
    func hasSameContent(as other: FileStatus) -> Bool {
        size == other.size && modified == other.modified && changed == other.changed
    }
}
