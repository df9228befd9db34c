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
    /// How long a file that lacks a descriptor or an inode waits for the other finisher to do what it has been given.
    ///
    /// Bounded, because both may wait at once.
    private static let releaseLimit = Duration.seconds(5)

    private let state: SessionState
    private let destination: Destination
    private let directories: DirectoryCache
    private let sideFiles: SideFiles
    private let backups: Backups?
    private let synchronizer: Synchronizer?
    private let jobs: BoundedQueue<[FileJob]>
    private let other: BoundedQueue<[FileJob]>
    private let events: BoundedQueue<GeneratorEvent>
    /// Shared by the finishers: held shared while a small file is staged and, if it replaces another, named; exclusively by the
    /// second attempt of a file, because the check of a target counts on the space of one file at a time.
    private let staging: SharedLock
    private var staged = StagedBatch()
    /// Finished files that have not been reported to the generator.
    private var finished: [TransferPlan] = []

    init(
        state: SessionState,
        destination: Destination,
        jobs: BoundedQueue<[FileJob]>,
        other: BoundedQueue<[FileJob]>,
        events: BoundedQueue<GeneratorEvent>,
        staging: SharedLock,
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
        sideFiles = SideFiles(destination.places)
        backups = destination.backups(state)
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
        case .finish(let target, let length): if finish(target, length: length) { finished.append(target.plan) }
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

    private func finish(_ target: FileTarget, length: Int64) -> Bool {
        guard !target.hasFailed else { return false }
        do throws(VolumeError) {
            switch target.place {
            case .staged(let staged):
                try keepBackup(target.plan)
                report(try staged.commit(target.plan.attributes))
            case .inPlace(let file): report(try file.finish(length: length, target.plan.attributes))
            }
            note(target.plan)
            return true
        } catch {
            fail(error, "rename", target.plan)
            return false
        }
    }

    /// A file is in place, and has still to be flushed to the device.
    private func note(_ plan: TransferPlan) {
        if plan.hasPartial { dropPartial(of: plan) }
        synchronizer?.note(destination.path(of: plan.entry, in: plan.list), size: plan.entry.size)
    }

    /// Keeps a backup of the file that is about to be replaced.
    private func keepBackup(_ plan: TransferPlan) throws(VolumeError) {
        guard let backups, plan.current != nil || plan.replacesOther else { return }
        let directory = try directories.directory(plan.list.parent(of: plan.entry).span)
        try backups.keep(destination.leaf(of: plan.entry, in: plan.list).span, in: directory)
    }

    /// Removes what an earlier, interrupted transfer left of a file that is now in place.
    private func dropPartial(of plan: TransferPlan) {
        do throws(VolumeError) {
            let directory = try directories.directory(plan.list.parent(of: plan.entry).span)
            sideFiles.removePartial(of: destination.leaf(of: plan.entry, in: plan.list).span, in: directory)
        } catch {
            fail(error, "unlink", plan)
        }
    }

    private func drop(_ target: FileTarget) {
        if case .staged(let staged) = target.place { staged.discard() }
    }

    private func keepPartial(_ target: FileTarget) {
        guard case .staged(let staged) = target.place, !target.hasFailed else { return }
        let plan = target.plan
        do throws(VolumeError) {
            let directory = try directories.directory(plan.list.parent(of: plan.entry).span)
            let leaf = destination.leaf(of: plan.entry, in: plan.list)
            // Under its own name it must not be taken for the file, nor replace anything.
            if destination.places.namesPartials, try directory.status(of: leaf.span) == nil {
                return try staged.keepPartial()
            }
            guard let place = try sideFiles.partials(of: directory, making: true) else { return staged.discard() }
            let known = try place.status(of: leaf.span)
            // What an earlier transfer left may be worth more.
            guard known.map({ $0.size <= staged.length }) ?? true else { return staged.discard() }
            try staged.keepPartial(in: place, as: leaf.span)
        } catch {
            if !state.failDevice(error, on: destination.volume, synchronizer) { report([error]) }
        }
    }

    // MARK: small files

    private func finish(_ bytes: [UInt8], _ plan: TransferPlan, isLastTry: Bool = false) {
        do throws(VolumeError) {
            if isLastTry {
                try staging.alone { () throws(VolumeError) in try write(bytes, plan) }
            } else {
                try staging.shared { () throws(VolumeError) in try write(bytes, plan) }
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
        let done = BoundedQueue<Never>(capacity: 1, name: "the names of received files")
        // Not a push that may wait: the other finisher may be doing the same.
        guard !state.hasFailed, other.pushAtOnce([.mark(done)]) else { return }
        _ = done.pop(within: Self.releaseLimit)
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
            try keepBackup(plan)
            report(try file.commit(plan.attributes))
            note(plan)
            finished.append(plan)
        } catch {
            fail(error, "mkstemp", plan)
        }
    }

    // MARK: errors

    /// A file could not be committed; a full disk ends the session (exit code 11).
    private func fail(_ error: VolumeError, _ operation: String, _ plan: TransferPlan, written: Int64 = 0) {
        defer { events.push(.abandoned(plan.index)) }
        let size = plan.entry.size
        guard !state.failDevice(error, on: destination.volume, synchronizer, size: size, written: written) else {
            return
        }
        let number = error.number ?? EIO
        state.report(state.describe(operation, error.path, number: number, role: "receiver"), .errorTransfer)
    }

    private func report(_ failures: [VolumeError]) { state.report(attributes: failures, role: "receiver") }
}
