import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import Synchronization
import VolumeAccess

/// Copies file contents on its own thread.
///
/// One thread uses a copier.
final class LocalCopier {
    private static let length = 256 * 1024

    private let state: SessionState
    private let sources: SourceDirectories
    private let destination: Destination
    private let targets: DirectoryCache
    private let committer: FileCommitter
    private let synchronizer: Synchronizer?
    /// Held shared while a file is copied that replaces another, and until it has its name; by all copiers.
    private let replacing: SharedLock
    private let jobs: BoundedQueue<[TransferPlan]>
    private let events: BoundedQueue<GeneratorEvent>
    private var staged = StagedBatch()
    /// Finished files that have not been reported to the session.
    private var finished: [TransferPlan] = []
    /// Those that have not got their names.
    private var held: [TransferPlan] = []
    private let buffer = ByteMemory(count: LocalCopier.length)
    private lazy var sums = WholeFileReader()

    init(
        state: SessionState,
        table: SourceTable,
        destination: Destination,
        jobs: BoundedQueue<[TransferPlan]>,
        events: BoundedQueue<GeneratorEvent>,
        synchronizer: Synchronizer?,
        replacing: SharedLock
    ) {
        self.synchronizer = synchronizer
        self.replacing = replacing
        self.state = state
        sources = SourceDirectories(table, state: state, capacity: 4)
        self.destination = destination
        targets = destination.directories(capacity: 4)
        committer = FileCommitter(
            state: state,
            destination: destination,
            directories: targets,
            synchronizer: synchronizer
        )
        self.jobs = jobs
        self.events = events
    }

    /// Copies files until the queue is closed.
    func run() {
        while let batch = jobs.tryPop() ?? popWhenIdle() {
            for plan in batch { copy(plan) }
            tell()
        }
    }

    /// Waits for work; first commits the staged files, which the session may be waiting for.
    private func popWhenIdle() -> [TransferPlan]? {
        name(staged.takeAll())
        tell()
        return jobs.pop()
    }

    /// Reports finished files to the session.
    private func tell() {
        if !held.isEmpty { events.push(.held(held)) }
        held = []
        guard !finished.isEmpty else { return }
        events.push(.finished(finished))
        finished = []
    }

    private func copy(_ plan: TransferPlan) {
        // A file that takes long does not delay the commit of others.
        if plan.entry.size > StagedBatch.patience { name(staged.takeAll()) }
        let source: ReadableFile
        do throws(VolumeError) {
            source = try sources.open(plan.entry, in: plan.list)
        } catch {
            noteUnreadable(plan, error)
            events.push(.abandoned(plan.index))
            return
        }
        do throws(VolumeError) {
            let directory = try targets.directory(plan.list.parent(of: plan.entry).span)
            let leaf = destination.leaf(of: plan.entry, in: plan.list)
            if plan.isInPlace { return try copyInPlace(source, plan, leaf.span, in: directory) }
            guard plan.current == nil else { return try replace(source, plan, leaf.span, in: directory) }
            let file = try copyStaged(source, plan, leaf.span, in: directory)
            if staged.takeIn(file, plan) { name(staged.takeDue()) } else { name(file, plan) }
        } catch {
            fail(error, plan)
        }
    }

    /// Copies a file that replaces another.
    ///
    /// It holds a second inode until it has its name: where none is left, it is copied once more while no other copier holds
    /// one.
    private func replace(
        _ source: ReadableFile,
        _ plan: TransferPlan,
        _ leaf: Span<UInt8>,
        in directory: VolumeDirectory
    ) throws(VolumeError) {
        do throws(VolumeError) {
            return try replacing.shared { () throws(VolumeError) in
                name(try copyStaged(source, plan, leaf, in: directory), plan)
            }
        } catch {
            guard error.isOutOfDescriptors || state.lacksOnlyInode(error, on: destination.volume) else { throw error }
        }
        name(staged.takeAll())
        try replacing.alone { () throws(VolumeError) in
            name(try copyStaged(source, plan, leaf, in: directory), plan)
        }
    }

    private func copyStaged(
        _ source: ReadableFile,
        _ plan: TransferPlan,
        _ leaf: Span<UInt8>,
        in directory: VolumeDirectory
    ) throws(VolumeError) -> StagedFile {
        let file = try destination.places.stage(
            leaf,
            in: directory,
            replacing: plan.current != nil,
            permissions: plan.attributes.permissions ?? 0o600
        )
        if state.options.placement.preallocate { try file.preallocate(plan.entry.size) }
        try file.copyWhole(from: source) {
            if synchronizer != nil { file.startWriteBack(every: Synchronizer.pieceOfLargeFile) }
        }
        noteLength(file.length, of: source, plan)
        return file
    }

    private func name(_ files: [(file: StagedFile, plan: TransferPlan)]) {
        for (file, plan) in files { name(file, plan) }
    }

    private func name(_ file: StagedFile, _ plan: TransferPlan) {
        do throws(VolumeError) {
            let (isInPlace, failures) = try committer.commit(file, plan)
            report(failures)
            account(plan, file.length)
            if isInPlace { finished.append(plan) } else { held.append(plan) }
        } catch {
            fail(error, plan)
        }
    }

    private func fail(_ error: VolumeError, _ plan: TransferPlan) {
        if !state.failDevice(error, on: destination.volume, synchronizer, size: plan.entry.size), !state.hasFailed {
            let operation = error.isDirectoryNotMade ? "mkdir" : "copy"
            let number = error.number ?? EIO
            state.report(state.describe(operation, error.path, number: number, role: "receiver"), .errorTransfer)
        }
        events.push(.abandoned(plan.index))
    }

    private func copyInPlace(
        _ source: ReadableFile,
        _ plan: TransferPlan,
        _ leaf: Span<UInt8>,
        in directory: VolumeDirectory
    ) throws(VolumeError) {
        guard plan.keptLength == 0 || source.status.size >= plan.entry.size else {
            let name = PrintableText.path(plan.list.name(of: plan.entry))
            state.report("skipped diminished file: \"\(name)\"", .warning)
            events.push(.abandoned(plan.index))
            return
        }
        let file = try directory.openInPlace(leaf, orDevice: plan.writesDevice)
        let isRight = plan.keptLength == 0 ? true : try keeps(file, plan, source, leaf, in: directory)
        var offset = plan.keptLength
        // A character device has no end.
        let end = source.isDevice ? source.status.size : .max
        while offset < end {
            let count = try source.read(into: buffer[0..<Int(min(Int64(buffer.count), end - offset))], at: offset)
            guard count > 0 else { break }
            if state.options.placement.sparse {
                try file.writeSparse(gathering: [buffer[0..<count]], at: offset)
            } else {
                try file.write(buffer[0..<count].span, at: offset)
            }
            offset += Int64(count)
        }
        noteLength(offset, of: source, plan)
        report(try file.finish(length: offset, isRight ? plan.attributes : FileAttributes()))
        account(plan, offset)
        guard isRight else {
            events.push(.mismatched(plan))
            return
        }
        try committer.noteInPlace(plan, size: offset)
        finished.append(plan)
    }

    /// Whether what is kept of a file that is continued still has the expected length and, where it is checked, the
    /// source's content.
    private func keeps(
        _ file: InPlaceFile,
        _ plan: TransferPlan,
        _ source: ReadableFile,
        _ leaf: Span<UInt8>,
        in directory: VolumeDirectory
    ) throws(VolumeError) -> Bool {
        guard file.status.size == plan.keptLength else { return false }
        guard state.checksAppended else { return true }
        let kept = try directory.openForReading(leaf)
        let half = buffer.count / 2
        var offset: Int64 = 0
        while offset < plan.keptLength {
            let count = Int(min(Int64(half), plan.keptLength - offset))
            let (old, new) = (buffer[0..<count], buffer[half..<half + count])
            guard try kept.read(into: old, at: offset) == count, try source.read(into: new, at: offset) == count,
                old.isEqual(to: new)
            else { return false }
            offset += Int64(count)
        }
        return true
    }

    private func account(_ plan: TransferPlan, _ size: Int64) {
        let length = max(0, size - plan.keptLength)
        state.count { statistics in
            statistics.transferredFiles += 1
            statistics.transferredSize.addClamped(plan.entry.size)
            statistics.literalData.addClamped(length)
        }
        state.progress.filesTransferred.add(1, ordering: .relaxed)
        state.progress.noteMoved(Int(length))
        guard state.observer.wantsItems else { return }
        var report = ItemReport(
            Item(flags: plan.flags.explained(in: state.parameters.dialect)),
            plan.entry,
            in: plan.list,
            of: state,
            isSending: false,
            isLocal: true,
            transferred: length
        )
        report.directory = sources.argumentDirectory(of: plan.entry)
        if state.observer.wantsChecksums { report.note(checksum: digest(of: plan), of: state) }
        state.observer.didChange(report)
        guard state.observer.wantsFileProgress else { return }
        state.observer.didMove(name: report.name, offset: size, size: size)
    }

    /// The checksum of a copied file, which rsync has from sending it.
    private func digest(of plan: TransferPlan) -> [UInt8] {
        sums.digest(
            of: { () throws(VolumeError) in try sources.open(plan.entry, in: plan.list) },
            state.parameters.transferRecipe
        )
    }

    /// Reports a file that became shorter while it was copied.
    private func noteLength(_ length: Int64, of source: ReadableFile, _ plan: TransferPlan) {
        guard length < source.status.size else { return }
        state.reportUnreadPart(at: sources.shown(plan.entry, in: plan.list), nil)
    }

    private func noteUnreadable(_ plan: TransferPlan, _ error: VolumeError) {
        let path = sources.shown(plan.entry, in: plan.list)
        state.reportUnreadable(plan.list.name(of: plan.entry), at: path, error)
    }

    private func report(_ failures: [VolumeError]) { state.report(attributes: failures, role: "receiver") }
}
