import Synchronization
import Checksums
import DeltaTransfer
import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// The outcome of receiving a file's data.
enum ReceivedFile {
    /// It is complete: the finisher gives it its name and metadata, or, in place with a wrong checksum, retains it.
    case complete(FileJob)
    /// Its checksum was wrong; nothing of it is kept.
    case mismatched
    /// It could not be written; the cause has been reported.
    case discarded
}

/// Rebuilds files from the sender's tokens (protocol specification, transfer 14).
///
/// A small new file is collected in memory and touches the disk only when its checksum is right. Everything else goes
/// piece by piece to the finisher, which writes it to a staged file next to the destination or, with `--inplace`, into
/// the destination itself while this thread continues to decode and checksum. One thread uses a receiver.
final class FileReceiver {
    /// Files up to this size are collected in memory.
    static let smallLimit = 64 * 1024

    private let state: SessionState
    private let input: WireInput
    private let tokens: TokenReader
    private let directories: DirectoryCache
    private let destination: Destination
    private let sideFiles: SideFiles
    private let digestLength: Int
    private let content: FileContent
    private let isPlain: Bool
    /// Whether literals of the current file are written directly from the receive buffers: they are not compressed, and
    /// there are no pieces of a basis between them.
    private var staysInPlace = false
    private var sum: StreamingChecksum
    private var output = Output.discard
    private var offset: Int64 = 0
    private var literal: Int64 = 0
    /// How much of the existing file stays before what is received (`--append`).
    private var kept: Int64 = 0
    /// How far the current file may exceed its listed length.
    private var growth = FileGrowth(listed: 0, received: 0)

    /// The destination of the current file's bytes.
    private enum Output {
        case memory([UInt8])
        case file(FileTarget)
        case discard
    }

    init(
        state: SessionState,
        input: WireInput,
        destination: Destination,
        content: FileContent
    ) throws(WireError) {
        self.content = content
        isPlain = state.parameters.compression == .none
        self.state = state
        self.input = input
        self.destination = destination
        sideFiles = SideFiles(destination.places)
        tokens = try TokenReader(input: input, compression: state.parameters.compression)
        directories = destination.directories(capacity: 4)
        sum = StreamingChecksum(state.parameters.transferRecipe)
        digestLength = state.parameters.checksum.digestLength
    }

    /// Reads one file from the stream, whether it can be written or not.
    ///
    /// - Throws: ``WireError`` when the stream is broken; what arrived is kept if partial files are kept.
    func receive(_ plan: TransferPlan) throws(WireError) -> ReceivedFile {
        let head = try BlockGeometry.read(from: input, digestLength: digestLength)
        let isContinued = plan.keptLength > 0 && head.count > 0
        guard !isContinued || head.basisSize == plan.keptLength else {
            throw .violation("the sender continues a file from another length than it was told", exitCode: 2)
        }
        try tokens.startFile(blockCount: isContinued ? 0 : Int32(head.count))
        kept = isContinued ? plan.keptLength : 0
        offset = kept
        literal = 0
        growth = FileGrowth(listed: plan.entry.size, received: input.bytesTaken)
        sum.reset()
        let basis = head.count > 0 ? openBasis(plan) : nil
        staysInPlace = isPlain && (basis == nil || isContinued)
        output = open(plan, hasBasis: basis != nil)
        do throws(WireError) {
            let isKept = isContinued ? try keeps(basis, plan) : true
            let followed =
                state.observer.wantsFileProgress && !state.isServer ? Array(plan.list.name(of: plan.entry)) : nil
            try rebuild(plan, head, basis, followed)
            if let followed { state.observer.didMove(name: followed, offset: offset, size: offset) }
            let digest = try input.bytes(digestLength, "a whole-file checksum")
            lastDigest = digest
            return finish(plan, isRight: sum.finish().bytes == digest && isKept)
        } catch {
            keepPartial()
            throw error
        }
    }

    /// Adds to the checksum what is kept of a file that is continued, if it covers that.
    ///
    /// - Returns: Whether the file still has the length that the sender was told.
    private func keeps(_ file: ReadableFile?, _ plan: TransferPlan) throws(WireError) -> Bool {
        guard let file, file.status.size == plan.keptLength else { return false }
        guard state.checksAppended else { return true }
        var start: Int64 = 0
        while start < plan.keptLength {
            let piece = content.space(Int(min(plan.keptLength - start, Int64(BufferPool.length))), unit: 1)
            do throws(VolumeError) {
                guard try file.read(into: piece, at: start) == piece.count else { return false }
            } catch {
                report(error, "read")
                return false
            }
            sum.update(piece.bytes)
            start += Int64(piece.count)
        }
        return true
    }

    /// The checksum of the file received last, as the sender computed it.
    private(set) var lastDigest: [UInt8] = []

    // MARK: opening

    private func directory(_ plan: TransferPlan) throws(VolumeError) -> VolumeDirectory {
        try directories.directory(plan.list.parent(of: plan.entry).span)
    }

    private func openBasis(_ plan: TransferPlan) -> ReadableFile? {
        do throws(VolumeError) {
            let directory = try directory(plan)
            let leaf = destination.leaf(of: plan.entry, in: plan.list)
            guard plan.basisPlace != .destination else {
                return try directory.openForReading(leaf.span, orDevice: plan.writesDevice)
            }
            let parent = Array(plan.list.parent(of: plan.entry))
            return try sideFiles.open(plan.basisPlace, of: leaf, parent, in: directory)
        } catch {
            return nil
        }
    }

    private func open(_ plan: TransferPlan, hasBasis: Bool) -> Output {
        if plan.entry.size <= Self.smallLimit, !hasBasis, !plan.isInPlace {
            var memory: [UInt8] = []
            memory.reserveCapacity(Int(plan.entry.size))
            return .memory(memory)
        }
        do throws(VolumeError) {
            return begin(FileTarget(plan: plan, place: try place(plan)))
        } catch {
            report(error, plan.isInPlace ? "open" : "mkstemp")
            return .discard
        }
    }

    private func begin(_ target: FileTarget) -> Output {
        content.begin(target)
        return .file(target)
    }

    /// Creates the file that the content is written to.
    ///
    /// Files received earlier may still be waiting for their names, each with an inode besides that of the file it
    /// replaces, and a descriptor: when there are no free ones, they are committed first.
    private func place(_ plan: TransferPlan) throws(VolumeError) -> FileTarget.Place {
        do throws(VolumeError) {
            return try makePlace(plan)
        } catch {
            guard error.isOutOfSpace || error.isOutOfDescriptors else { throw error }
            content.awaitFinished()
            return try makePlace(plan)
        }
    }

    private func makePlace(_ plan: TransferPlan) throws(VolumeError) -> FileTarget.Place {
        let directory = try directory(plan)
        let leaf = destination.leaf(of: plan.entry, in: plan.list)
        guard plan.isInPlace else { return .staged(try stage(plan, in: directory, leaf)) }
        return .inPlace(try directory.openInPlace(leaf.span, orDevice: plan.writesDevice))
    }

    private func stage(
        _ plan: TransferPlan,
        in directory: VolumeDirectory,
        _ leaf: ArraySlice<UInt8>
    ) throws(VolumeError) -> StagedFile {
        if plan.current != nil, destination.volume.lacksInodes() { content.awaitFinished() }
        let staged = try destination.places.stage(
            leaf.span,
            in: directory,
            replacing: plan.current != nil,
            permissions: plan.attributes.permissions ?? 0o600
        )
        if state.options.placement.preallocate { try staged.preallocate(plan.entry.size) }
        if state.options.placement.sparse { staged.foretell(length: plan.entry.size) }
        return staged
    }

    // MARK: data

    private func rebuild(
        _ plan: TransferPlan,
        _ head: BlockGeometry,
        _ basis: ReadableFile?,
        _ followed: [UInt8]?
    ) throws(WireError) {
        while true {
            guard !state.hasFailed else { throw .ended(field: "the rest of a file") }
            if let followed, offset > 0, offset < plan.entry.size {
                state.observer.didMove(name: followed, offset: offset, size: plan.entry.size)
            }
            switch try tokens.next() {
            case .literal(let bytes):
                sum.update(bytes.bytes)
                literal += Int64(bytes.count)
                add(literal: bytes, plan)
            case .copy(let first, let count):
                try copy(first, count, head, basis, plan)
            case .end:
                return
            }
        }
    }

    /// Copies blocks from the basis.
    private func copy(
        _ first: Int32,
        _ count: Int,
        _ head: BlockGeometry,
        _ basis: ReadableFile?,
        _ plan: TransferPlan
    ) throws(WireError) {
        guard let size = plan.basisSize else {
            throw .violation("the sender refers to a basis that was not there", exitCode: 2)
        }
        var from = head.offset(of: Int(first))
        let end = from + head.length(ofBlocks: Int(first), count: count)
        guard end <= size else {
            throw .violation("the sender refers to data beyond the end of the basis", exitCode: 2)
        }
        while from < end {
            let wanted = Int(min(end - from, Int64(BufferPool.length)))
            // Each piece has whole blocks, because zlib's history is fed block by block.
            let piece = content.space(wanted, unit: head.blockLength)
            var got = 0
            do throws(VolumeError) {
                if let basis { got = try basis.read(into: piece, at: from) }
            } catch {
                report(error, "read")
            }
            // A basis that shrank or vanished yields zeros: the whole-file checksum then fails, and the file is
            // requested again.
            if got < piece.count { piece.dropFirst(got).clear() }
            sum.update(piece.bytes)
            try tokens.matched(piece, blockLength: head.blockLength)
            add(matched: piece, from: from, plan)
            from += Int64(piece.count)
        }
    }

    private func add(literal bytes: MemorySlice, _ plan: TransferPlan) {
        switch output {
        case .memory: gather(bytes, plan)
        case .file:
            if staysInPlace {
                content.append(received: bytes, at: offset)
            } else {
                content.append(copying: bytes.span, at: offset)
            }
        case .discard: break
        }
        moved(bytes.count, plan)
    }

    /// Adds bytes that were read into the content's space.
    private func add(matched bytes: MemorySlice, from: Int64, _ plan: TransferPlan) {
        switch output {
        case .memory: gather(bytes, plan)
        case .file(let target):
            // In place, a block that stays at its offset need not be written.
            if case .inPlace = target.place, from == offset, plan.basisPlace == .destination {
                if state.options.placement.sparse { content.keep(bytes.count, at: offset) } else { content.flush() }
            } else {
                content.commit(bytes.count, at: offset)
            }
        case .discard: break
        }
        moved(bytes.count, plan)
    }

    /// Adds to a small file; one that grew in the meantime becomes a large one.
    private func gather(_ bytes: MemorySlice, _ plan: TransferPlan) {
        guard case .memory(var memory) = output else { return }
        output = .discard
        memory.append(copying: bytes.span)
        guard memory.count > Self.smallLimit else {
            output = .memory(memory)
            return
        }
        do throws(VolumeError) {
            output = begin(FileTarget(plan: plan, place: try place(plan)))
            content.append(copying: memory.span, at: 0)
        } catch {
            report(error, "mkstemp")
        }
    }

    private func moved(_ count: Int, _ plan: TransferPlan) {
        offset += Int64(count)
        state.progress.bytesDone.addClamped(Int64(count))
        state.progress.bytesMoved.addClamped(Int64(count))
        if offset >= growth.due { checkGrowth(plan) }
    }

    /// Discards a file that grows more than it may; the rest of it is read from the stream and dropped.
    private func checkGrowth(_ plan: TransferPlan) {
        let refusal = growth.check(offset, received: input.bytesTaken) {
            do throws(VolumeError) {
                let space = try destination.volume.space()
                return (space.size, space.available)
            } catch {
                return nil
            }
        }
        guard let refusal else { return }
        growth.end()
        content.end()
        if case .file(let target) = output { content.give(.discard(target)) }
        output = .discard
        let name = PrintableText.path(plan.list.name(of: plan.entry))
        let lengths = "has grown from \(plan.entry.size) bytes to more than \(offset)"
        state.report("rsync: [receiver] \"\(name)\" \(lengths), not kept: \(refusal)", .errorTransfer)
    }

    // MARK: end

    private func finish(_ plan: TransferPlan, isRight: Bool) -> ReceivedFile {
        let (total, literal, matched) = (offset, literal, offset - kept - literal)
        state.count { statistics in
            statistics.transferredFiles += 1
            statistics.transferredSize.addClamped(plan.entry.size)
            statistics.literalData.addClamped(literal)
            statistics.matchedData.addClamped(matched)
            if isRight, total > plan.entry.size { statistics.grownFiles += 1 }
        }
        state.progress.filesTransferred.add(1, ordering: .relaxed)
        defer { output = .discard }
        content.end()
        switch output {
        case .memory(let memory): return isRight ? .complete(.small(memory, plan)) : .mismatched
        case .file(let target):
            if isRight { return .complete(.finish(target, length: total)) }
            if plan.isInPlace { return .complete(.retain(target, length: total)) }
            content.give(.discard(target))
            return .mismatched
        case .discard: return .discarded
        }
    }

    /// Keeps what arrived before the stream broke, if partial files are kept and there is any.
    private func keepPartial() {
        content.end()
        if case .file(let target) = output {
            content.give(state.options.placement.keepsPartials && literal > 0 ? .keepPartial(target) : .discard(target))
        }
        output = .discard
    }

    private func report(_ error: VolumeError, _ operation: String) {
        if error.isOutOfSpace, !state.lacksOnlyInode(error, on: destination.volume) {
            return state.failOutOfSpace(error, on: destination.volume)
        }
        guard let number = error.number else { return state.report("rsync: [receiver] \(error)", .errorTransfer) }
        state.report(state.describe(operation, error.path, number: number, role: "receiver"), .errorTransfer)
    }
}
