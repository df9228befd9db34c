import Checksums
import DeltaTransfer
import FileMetadata
import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Sends requests to the sender over the wire (protocol specification, transfer 10).
///
/// One thread uses a requester.
final class WireRequester: TransferRequester {
    private static let length = 256 * 1024
    /// The size from which a basis takes so long to checksum that its sums are flushed immediately.
    private static let flushingSize: Int64 = 1 << 20

    private let state: SessionState
    private let output: WireOutput
    private let open: OpenRequests
    private let blockRecipe: ChecksumRecipe
    private let buffer = ByteMemory(count: WireRequester.length)

    var isLocal: Bool { false }

    init(state: SessionState, output: WireOutput, open: OpenRequests) {
        self.state = state
        self.output = output
        self.open = open
        blockRecipe = state.parameters.blockRecipe
    }

    func report(_ flags: ItemFlags, of candidate: Candidate) {
        guard !state.hasFailed else { return }
        let item = Item(flags: flags, name: candidate.reportedLink)
        guard state.parameters.dialect.hasItemFlags || flags.contains(.transfer) else {
            return log(item, candidate)
        }
        do throws(WireError) {
            try output.index(candidate.index)
            try item.write(to: output)
            try request(candidate.metadata?.lacking ?? [], of: candidate.metadata?.extended, item)
        } catch {
            state.fail(.wire(error))
        }
    }

    /// Shows a change for which the protocol has no item: before protocol 29 it never comes back from the sender.
    private func log(_ item: Item, _ candidate: Candidate) {
        let (entry, list) = (candidate.entry, candidate.list)
        var report = ItemReport(item, entry, in: list, of: state, isSending: false, transferred: 0)
        report.settleLinkTime(in: state.parameters.dialect)
        guard state.isServer else {
            if state.observer.wantsItems { state.observer.didChange(report) }
            return
        }
        state.mention(report)
    }

    func request(_ plan: TransferPlan, basis: ReadableFile?) {
        guard !state.hasFailed else { return }
        do throws(WireError) {
            open.add(plan)
            try output.index(plan.index)
            let place = plan.basisPlace
            let item = Item(flags: plan.flags, basis: place.code, name: place.name)
            try item.write(to: output)
            try request(plan.lackedValues, of: plan.attributes.extended?.attributes, item)
            let geometry = geometry(of: basis, plan)
            try geometry.write(to: output)
            if let basis, geometry.count > 0 { try sendSums(geometry, of: basis) }
        } catch {
            state.fail(.wire(error))
        }
    }

    func awaitValues(of index: Int32) { open.addAwaited(index) }

    /// Requests long values of extended attributes with an item.
    private func request(_ places: [Int], of set: ExtendedAttributeSet?, _ item: Item) throws(WireError) {
        guard state.carriesValues(item.flags) else { return }
        try AttributeValues.write(request: set?.request(places) ?? [], to: output)
    }

    func confirm(_ index: Int32, _ entry: FileEntry, in list: FileList) {
        guard !state.hasFailed else { return }
        do throws(WireError) {
            try output.message(.success, number: index)
        } catch {
            state.fail(.wire(error))
        }
    }

    func sendKeepAlive() {
        // Whatever takes so long here need not keep the news from the peer.
        if let failure = state.failure { return state.tell(failure, over: output) }
        do throws(WireError) {
            try state.sendOutbox(to: output)
            try state.tellTally(to: output, every: .seconds(1))
            try state.keepAlive(output)
        } catch {
            state.fail(.wire(error))
        }
    }

    func reportDeletion(_ name: [UInt8], isDirectory: Bool, permissions: UInt32?) {
        state.observer.didDelete(name: name, isDirectory: isDirectory, permissions: permissions)
        guard state.isServer else { return }
        if state.parameters.dialect.hasDeletionMessage {
            return state.post(.deleted, Array(name.prefix(4096)) + (isDirectory ? [0] : []))
        }
        let output = state.options.output
        guard output.verbosity > 0 || output.itemize > 0 else { return }
        let word = output.itemize > 0 ? "*deleting  " : "deleting"
        state.report("\(word) \(PrintableText.path(name))\(isDirectory ? "/" : "")", .info)
    }

    /// How the basis, or what is kept of the existing file, is cut into blocks; empty for a whole transfer.
    private func geometry(of basis: ReadableFile?, _ plan: TransferPlan) -> BlockGeometry {
        let size = basis?.status.size ?? plan.keptLength
        guard size > 0 else { return .empty }
        let rule = BlockRule(
            digestLength: blockRecipe.digestLength,
            forcedBlockLength: state.options.wire.blockLength > 0 ? state.options.wire.blockLength : nil,
            isRedo: plan.attempt > 0
        )
        do throws(DeltaError) {
            return try BlockGeometry(basisSize: size, rule: rule)
        } catch {
            let name = PrintableText.path(plan.list.name(of: plan.entry))
            state.report("\(name): \(error); it is transferred whole", .warning)
            return .empty
        }
    }

    /// Writes the sums of a basis while reading it.
    private func sendSums(_ geometry: BlockGeometry, of basis: ReadableFile) throws(WireError) {
        var checksum = StreamingChecksum(blockRecipe)
        // Each read covers whole blocks, so that each block is contiguous.
        let perRead = max(1, Self.length / geometry.blockLength)
        var number = 0
        basis.adviseSequential()
        while number < geometry.count {
            try state.checkFailure()
            let count = min(perRead, geometry.count - number)
            let range = number..<number + count
            let length = range.reduce(0) { $0 + geometry.length(of: $1) }
            let piece = buffer[0..<length]
            var got = 0
            do throws(VolumeError) {
                got = try basis.read(into: piece, at: geometry.offset(of: number))
            } catch {
                state.report(state.describe("read", error.path, number: error.number ?? EIO), .warning)
            }
            // A basis that shrank has the sums of zeros at its end: they match nothing but zeros.
            if got < length { piece.dropFirst(got).clear() }
            var start = 0
            for number in range {
                let end = start + geometry.length(of: number)
                let block = piece[start..<end]
                try output.int32(Int32(bitPattern: RollingChecksum.sum(of: block.bytes)))
                try output.digest(checksum.digest(of: block.bytes), length: geometry.strongLength)
                start = end
            }
            number += count
            try state.keepAlive(output)
        }
        // The sender can start on this file while the next one is checksummed.
        if geometry.basisSize >= Self.flushingSize { try output.flush() }
    }
}
