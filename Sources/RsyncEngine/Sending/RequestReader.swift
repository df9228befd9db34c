import Checksums
import DeltaTransfer
import LinuxSystem
import RsyncOptions
import RsyncWire

/// A request from the receiving side, or the end of one of its phases.
enum ReceiverEvent: Sendable {
    /// NDX_DONE.
    case done
    /// The number of entries of each type that the receiving side deleted.
    case deletions(DeletionStatistics)
    /// An index and its item; a transfer says what of the file is requested.
    ///
    /// `values` are the places of extended attributes whose values are requested.
    case item(Int32, Item, ContentRequest?, values: [Int])
    /// An entry is in place there, and may be deleted here (`--remove-source-files`).
    case inPlace(Int32)
    /// The stream from the peer ended cleanly.
    case ended
}

/// Reads the receiving side's requests on its own thread, so that a peer's generator never waits for our data.
///
/// ## Concurrency model
/// Runs on the thread `requests` and owns the input. Events are passed in batches through a bounded queue, whose weight
/// counts the bytes of block sums and names: a peer that requests more has to wait.
final class RequestReader: ReadingRole {
    /// The most memory for requests and block sums that wait for the sender, in bytes.
    static let queueLimit = 16 << 20
    /// The overhead of an array, in bytes.
    private static let arrayHead = 32

    private let input: WireInput
    private let state: SessionState
    private let events: BoundedQueue<[ReceiverEvent]>
    private let blockRecipe: ChecksumRecipe
    private var batch: [ReceiverEvent] = []
    private var batchWeight = 0
    private let isAppending: Bool
    /// With `--append`, the files that have been requested.
    private var requested: Set<Int32> = []

    let messages: PeerMessages

    init(state: SessionState, channel: SessionChannel, events: BoundedQueue<[ReceiverEvent]>) {
        input = channel.input
        messages = PeerMessages(state: state, channel: channel)
        self.state = state
        blockRecipe = state.parameters.blockRecipe
        isAppending = state.options.placement.appending != nil
        self.events = events
    }

    /// Reads until the stream ends; a failure ends the session.
    func run() {
        do throws(WireError) {
            while !state.hasFailed {
                guard try input.hasMore() else { break }
                try readEvent()
                if batch.count >= 256 || batchWeight >= 1 << 20 { handOver() }
            }
            batch.append(.ended)
            handOver()
        } catch {
            handOver()
            state.fail(.wire(error))
        }
        events.close()
    }

    func willWait() { handOver() }

    func willLeaveBuffer() {}

    func noteInPlace(_ index: Int32) {
        // A run that changes nothing does not depend on what the peer says.
        guard state.options.selection.removesSources, state.execution.bringsContent else { return }
        batch.append(.inPlace(index))
        batchWeight += MemoryLayout<ReceiverEvent>.stride
    }

    func noteNotSent(_ index: Int32) throws(WireError) {
        throw .violation("an unexpected message \(MessageTag.noSend)", exitCode: 2)
    }

    /// Hands what was read to the sender.
    private func handOver() {
        guard !batch.isEmpty else { return }
        events.push(batch, weight: max(1, batchWeight))
        batch = []
        batchWeight = 0
    }

    private func readEvent() throws(WireError) {
        let index = try input.index("a request")
        switch index {
        case SpecialIndex.done: batch.append(.done)
        case SpecialIndex.deletionStatistics: batch.append(.deletions(try DeletionStatistics.read(from: input)))
        case 0...: try readItem(index)
        default: throw .violation("invalid file index \(index) from the receiving side", exitCode: 2)
        }
        batchWeight += MemoryLayout<ReceiverEvent>.stride
    }

    private func readItem(_ index: Int32) throws(WireError) {
        let item = try Item.read(from: input)
        if !item.name.isEmpty { batchWeight += item.name.count + Self.arrayHead }
        var values: [Int] = []
        if state.carriesValues(item.flags) {
            values = try AttributeValues.readRequest(from: input)
            batchWeight += values.count * MemoryLayout<Int>.stride + Self.arrayHead
        }
        guard item.flags.contains(.transfer), state.execution.bringsContent else {
            return batch.append(.item(index, item, nil, values: values))
        }
        let geometry = try BlockGeometry.read(from: input, digestLength: blockRecipe.digestLength)
        // Only a first request is for the rest of a file; a second one has block sums.
        if isAppending, requested.insert(index).inserted {
            return batch.append(.item(index, item, .rest(geometry), values: values))
        }
        let signature = try Signature.read(geometry, recipe: blockRecipe, from: input)
        batchWeight += signature.strongSums.count + signature.rollingSums.count * 4 + 2 * Self.arrayHead
        batch.append(.item(index, item, .delta(signature), values: values))
    }
}
