import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Writes large files piece by piece, and gives received files their names and metadata, concurrently with receiving.
///
/// ## Concurrency model
/// One of two that run on threads `dvm-finish`, each with its own queue; see ``FileJobBatch``. Jobs come in batches
/// through a bounded queue whose weight counts bytes; finished files are reported to the generator, one event per
/// batch. After a failure of the session, what has been received is still finished.
final class Finisher {
    private let state: SessionState
    private let destination: Destination
    private let directories: DirectoryCache
    private let committer: FileCommitter
    private let synchronizer: Synchronizer?
    private let jobs: BoundedQueue<[FileJob]>
    private let other: BoundedQueue<[FileJob]>
    private let events: BoundedQueue<GeneratorEvent>
    /// Shared by the finishers.
    private let staging: SharedStaging
    private var staged = StagedBatch()
    /// Finished files that have not been reported to the generator.
    private var finished: [TransferPlan] = []
    /// Those that have not got their names.
    private var held: [TransferPlan] = []

    init(
        state: SessionState,
        destination: Destination,
        jobs: BoundedQueue<[FileJob]>,
        other: BoundedQueue<[FileJob]>,
        events: BoundedQueue<GeneratorEvent>,
        staging: SharedStaging,
        synchronizer: Synchronizer?
    ) {
        self.staging = staging
        self.synchronizer = synchronizer
        self.state = state
        self.destination = destination
        self.jobs = jobs
        self.other = other
        self.events = events
        directories = destination.directories(capacity: 4)
        committer = FileCommitter(
            state: state,
            destination: destination,
            directories: directories,
            synchronizer: synchronizer
        )
    }

    /// Does jobs until the queue is closed.
    func run() {
        while let batch = jobs.tryPop() ?? popWhenIdle() {
            for job in batch { perform(job) }
            tell()
        }
    }

    /// Waits for jobs; first commits the staged files, which the receiver may be waiting for.
    private func popWhenIdle() -> [FileJob]? {
        name(staged.takeAll())
        tell()
        return jobs.pop()
    }

    /// Reports finished files to the generator.
    private func tell() {
        if !held.isEmpty { events.push(.held(held)) }
        held = []
        guard !finished.isEmpty else { return }
        let plans = finished
        finished = []
        state.countInPlace { tally in
            for plan in plans {
                tally.transferredFiles += 1
                if plan.flags.contains(.isNew) { tally.createdFiles += 1 }
            }
        }
        events.push(.finished(plans))
    }

    private func perform(_ job: FileJob) {
        switch job {
        case .write(let piece, let target): write(piece, target)
        case .punch(let piece, let target): write(piece, target, isThere: true)
        case .finish(let target, let length): finish(target, length: length)
        case .retain(let target, let length): retain(target, length: length)
        case .small(let bytes, let plan): finish(bytes, plan)
        case .discard(let target): drop(target)
        case .keepPartial(let target): keepPartial(target)
        case .mark(let waiting):
            name(staged.takeAll())
            waiting.close()
        }
    }

    // MARK: large files

    private func write(_ piece: FilePiece, _ target: FileTarget, isThere: Bool = false) {
        guard !target.hasFailed else { return }
        // A file that takes long does not delay the commit of others.
        if piece.offset >= StagedBatch.patience, !staged.isEmpty { name(staged.takeAll()) }
        do throws(VolumeError) {
            switch target.place {
            case .staged(let staged) where state.options.placement.sparse:
                try staged.writeSparse(gathering: piece.slices)
            case .staged(let staged): try staged.write(gathering: piece.slices)
            case .inPlace(let file) where state.options.placement.sparse:
                try file.writeSparse(gathering: piece.slices, at: piece.offset, isThere: isThere)
            case .inPlace(let file): try file.write(gathering: piece.slices, at: piece.offset)
            }
            if synchronizer != nil, case .staged(let staged) = target.place {
                staged.startWriteBack(every: Synchronizer.pieceOfLargeFile)
            }
        } catch {
            target.hasFailed = true
            fail(error, "write", target.plan, written: target.writtenLength)
            drop(target)
        }
    }

    private func finish(_ target: FileTarget, length: Int64) {
        guard !target.hasFailed else { return }
        do throws(VolumeError) {
            switch target.place {
            case .staged(let staged): try commit(staged, target.plan)
            case .inPlace(let file):
                report(try file.finish(length: length, target.plan.attributes))
                try committer.noteInPlace(target.plan, size: target.plan.entry.size)
                finished.append(target.plan)
            }
        } catch {
            fail(error, "rename", target.plan)
        }
    }

    private func commit(_ file: StagedFile, _ plan: TransferPlan) throws(VolumeError) {
        let (isInPlace, failures) = try committer.commit(file, plan)
        report(failures)
        if isInPlace { finished.append(plan) } else { held.append(plan) }
    }

    /// Ends a file with a wrong checksum that was written in place; it is requested again once all of it is written.
    private func retain(_ target: FileTarget, length: Int64) {
        guard !target.hasFailed, case .inPlace(let file) = target.place else { return }
        do throws(VolumeError) {
            report(try file.finish(length: length, FileAttributes()))
            events.push(.mismatched(target.plan))
        } catch {
            fail(error, "write", target.plan)
        }
    }

    private func drop(_ target: FileTarget) {
        if case .staged(let staged) = target.place { staged.discard() }
    }

    private func keepPartial(_ target: FileTarget) {
        guard case .staged(let staged) = target.place, !target.hasFailed else { return }
        do throws(VolumeError) {
            try committer.keepPartial(staged, target.plan)
        } catch {
            if !state.failDevice(error, on: destination.volume, synchronizer) { report([error]) }
        }
    }

    // MARK: small files

    private func finish(_ bytes: [UInt8], _ plan: TransferPlan, isLastTry: Bool = false) {
        do throws(VolumeError) {
            if isLastTry {
                try staging.lock.alone { () throws(VolumeError) in try write(bytes, plan) }
            } else {
                try staging.lock.shared { () throws(VolumeError) in try write(bytes, plan) }
            }
        } catch {
            guard !isLastTry, error.isOutOfDescriptors || error.isOutOfSpace else {
                return fail(error, "mkstemp", plan)
            }
            commitWaiting()
            finish(bytes, plan, isLastTry: true)
        }
    }

    /// Gives files that wait for their names these names, those of the other finisher too: each holds a descriptor, and an
    /// inode besides that of the file it replaces.
    private func commitWaiting() {
        name(staged.takeAll())
        tell()
        if !state.hasFailed { staging.awaitNames(from: other) }
    }

    private func write(_ bytes: [UInt8], _ plan: TransferPlan) throws(VolumeError) {
        let directory = try directories.directory(plan.list.parent(of: plan.entry).span)
        let file = try destination.places.stage(
            destination.leaf(of: plan.entry, in: plan.list).span,
            in: directory,
            replacing: plan.current != nil,
            permissions: plan.attributes.permissions ?? 0o600
        )
        if !bytes.isEmpty {
            if state.options.placement.sparse {
                try file.writeSparse(bytes.span)
            } else {
                try file.write(bytes.span)
            }
        }
        if staged.takeIn(file, plan) { name(staged.takeDue()) } else { name(file, plan) }
    }

    private func name(_ files: [(file: StagedFile, plan: TransferPlan)]) {
        for (file, plan) in files { name(file, plan) }
    }

    private func name(_ file: StagedFile, _ plan: TransferPlan) {
        do throws(VolumeError) {
            try commit(file, plan)
        } catch {
            fail(error, "mkstemp", plan)
        }
    }

    // MARK: errors

    /// A file could not be committed; a full disk ends the session (exit code 11).
    private func fail(_ error: VolumeError, _ operation: String, _ plan: TransferPlan, written: Int64 = 0) {
        defer { events.push(.abandoned(plan.index)) }
        let size = plan.entry.size
        guard !state.failDevice(error, on: destination.volume, synchronizer, size: size, written: written),
            !state.hasFailed
        else { return }
        let operation = error.isDirectoryNotMade ? "mkdir" : operation
        let number = error.number ?? EIO
        state.report(state.describe(operation, error.path, number: number, role: "receiver"), .errorTransfer)
    }

    private func report(_ failures: [VolumeError]) { state.report(attributes: failures, role: "receiver") }
}
