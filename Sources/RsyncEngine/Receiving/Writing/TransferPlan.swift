import Glibc
import RsyncWire
import Synchronization
import VolumeAccess

/// What the generator decided about a file that it asked for; the receiver carries it out.
///
/// An object, because it goes through four threads and is large.
final class TransferPlan: Sendable {
    /// The file's index on the wire.
    let index: Int32
    /// The list that the file is in.
    let list: FileList
    /// The file as listed.
    let entry: FileEntry
    /// What the generator told the sender, for the report when the file has arrived.
    let flags: ItemFlags
    /// What lies at the file's name now; nil when nothing does.
    let current: FileStatus?
    /// What the finished file shall have.
    let attributes: FileAttributes
    /// Bytes of the basis whose sums were sent; nil when none were.
    let basisSize: Int64?
    /// Whether the destination itself is written (`--inplace`), which is not done when it would change other files.
    let isInPlace: Bool
    /// 0 for the first request, 1 after a failed verification.
    let attempt: Int

    init(
        index: Int32,
        list: FileList,
        entry: FileEntry,
        flags: ItemFlags,
        current: FileStatus?,
        attributes: FileAttributes,
        basisSize: Int64?,
        isInPlace: Bool,
        attempt: Int
    ) {
        self.index = index
        self.list = list
        self.entry = entry
        self.flags = flags
        self.current = current
        self.attributes = attributes
        self.basisSize = basisSize
        self.isInPlace = isInPlace
        self.attempt = attempt
    }

    /// Whether the name stands for another file than before once this is done.
    var makesNewFile: Bool { current == nil || !isInPlace }
}

/// What the generator has written and the sender has not answered yet: requests, and ends of lists and phases.
///
/// A sender that answers more than was written is refused, so what its answers make this side hold has a bound.
///
/// ## Concurrency model
/// The generator adds before it writes, the receiver takes; the dictionary is guarded, the rest is atomic.
final class OpenRequests: Sendable {
    private let plans = Mutex<[Int32: TransferPlan]>([:])
    private let ends = Atomic<Int>(0)
    /// Requests that carry block sums and whose files are not wholly here yet.
    private let summed = Atomic<Int>(0)
    private let isListComplete = Atomic<Bool>(false)

    func add(_ plan: TransferPlan) {
        if plan.basisSize != nil { summed.add(1, ordering: .relaxed) }
        plans.withLock { $0[plan.index] = plan }
    }

    /// Notes that there will be no further lists.
    func endLists() { isListComplete.store(true, ordering: .relaxed) }

    /// Notes that a file that was taken out is here, or will not come.
    func settle(_ plan: TransferPlan) { if plan.basisSize != nil { summed.subtract(1, ordering: .relaxed) } }

    /// Whether the sender may be at work without a word: it lists, or looks for blocks in a file.
    ///
    /// Stock rsync 3.2.7 and 3.5.0 were tried: they are silent for as long as a directory takes to be listed, with `-c` to
    /// be summed, and for as long as a file takes to be searched for a basis' blocks, whatever time-out is set; they show
    /// life while they wait, and what has no basis is sent as it is read.
    var senderMayBeBusy: Bool { !isListComplete.load(ordering: .relaxed) || summed.load(ordering: .relaxed) > 0 }

    /// Takes the plan of an index out; nil when that file was never asked for, or has been answered.
    func take(_ index: Int32) -> TransferPlan? { plans.withLock { $0.removeValue(forKey: index) } }

    var count: Int { plans.withLock { $0.count } }

    /// Notes an NDX_DONE that is about to be written.
    func addEnd() { ends.add(1, ordering: .relaxed) }

    /// Takes an answer to an NDX_DONE; false when all have been answered.
    func takeEnd() -> Bool { ends.subtract(1, ordering: .relaxed).newValue >= 0 }
}

/// What the generator learns from the other threads of the receiving side.
enum GeneratorEvent: Sendable {
    /// A list is complete and may be worked on.
    case list(FileList, ListOwner?)
    /// There are no more lists.
    case listsComplete
    /// These files are in place with all their attributes.
    case finished([TransferPlan])
    /// The file could not be written or was not sent: it stays as it was.
    case abandoned(Int32)
    /// The file arrived with a wrong sum.
    case mismatched(TransferPlan)
    /// The sender answered an NDX_DONE.
    case senderDone
    /// The receiver has read its last byte.
    case receiverEnded
}
