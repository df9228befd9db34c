import Glibc
import RsyncWire
import Synchronization
import VolumeAccess

/// The generator's decision about a file that it requested; the receiver carries it out.
///
/// A class, because it is large and passes through four threads.
final class TransferPlan: Sendable {
    /// The file's index on the wire.
    let index: Int32
    /// The list that the file is in.
    let list: FileList
    /// The file as listed.
    let entry: FileEntry
    /// The flags sent to the sender, for the report when the file has arrived.
    let flags: ItemFlags
    /// The existing entry at the file's name; nil when there is none.
    let current: FileStatus?
    /// Whether something that is not a file is replaced.
    let replacesOther: Bool
    /// The attributes of the finished file.
    let attributes: FileAttributes
    /// The size of the basis whose sums were sent; nil when none were.
    let basisSize: Int64?
    /// Where that basis is.
    let basisPlace: BasisPlace
    /// Whether there is something that an interrupted transfer left of it.
    let hasPartial: Bool
    /// Whether the destination itself is written (`--inplace`), which is not done if it would change other files.
    let isInPlace: Bool
    /// Whether the destination is a device that is written into.
    let writesDevice: Bool
    /// How many bytes of the destination stay, because only what follows them is requested (`--append`); 0 for none.
    let keptLength: Int64
    /// 0 for the first request, 1 after a failed verification.
    let attempt: Int
    /// The places of long extended attributes that the existing file does not have.
    let lackedValues: [Int]

    init(
        index: Int32,
        list: FileList,
        entry: FileEntry,
        flags: ItemFlags,
        current: FileStatus?,
        replacesOther: Bool = false,
        attributes: FileAttributes,
        basisSize: Int64?,
        basisPlace: BasisPlace = .destination,
        hasPartial: Bool = false,
        isInPlace: Bool,
        writesDevice: Bool = false,
        keptLength: Int64 = 0,
        attempt: Int,
        lackedValues: [Int] = []
    ) {
        self.index = index
        self.list = list
        self.entry = entry
        self.flags = flags
        self.current = current
        self.replacesOther = replacesOther
        self.attributes = attributes
        self.basisSize = basisSize
        self.basisPlace = basisPlace
        self.hasPartial = hasPartial
        self.isInPlace = isInPlace
        self.writesDevice = writesDevice
        self.keptLength = keptLength
        self.attempt = attempt
        self.lackedValues = lackedValues
    }

    /// Whether the name refers to a different file once this is done.
    var makesNewFile: Bool { current == nil || !isInPlace }

    /// Whether the file takes the name of an existing entry, of which a backup may be kept.
    var replaces: Bool { current != nil || replacesOther }
}

/// What the generator has sent and the sender has not answered yet: requests, and ends of lists and phases.
///
/// A sender that answers more than was sent is rejected, so the memory that its answers take is bounded.
///
/// ## Concurrency model
/// The generator adds before it writes, the receiver removes; the dictionary is guarded, the rest is atomic.
final class OpenRequests: Sendable {
    private let plans = Mutex<[Int32: TransferPlan]>([:])
    private let awaited = Mutex<Set<Int32>>([])
    private let ends = Atomic<Int>(0)
    /// Requests that carry block sums and whose files have not fully arrived yet.
    private let summed = Atomic<Int>(0)
    private let isListComplete = Atomic<Bool>(false)

    func add(_ plan: TransferPlan) {
        if plan.basisSize != nil { summed.add(1, ordering: .relaxed) }
        plans.withLock { $0[plan.index] = plan }
    }

    /// Records that there will be no more lists.
    func endLists() { isListComplete.store(true, ordering: .relaxed) }

    /// Records that a taken file has arrived, or will not arrive.
    func settle(_ plan: TransferPlan) { if plan.basisSize != nil { summed.subtract(1, ordering: .relaxed) } }

    /// Whether the sender may be silently busy: listing, or searching a file for blocks.
    ///
    /// Tests with stock rsync 3.2.7 and 3.5.0 showed: they are silent for as long as it takes to list a directory (with
    /// `-c` to checksum it) or to search a file for blocks of a basis, whatever timeout is set; they send keep-alives
    /// while they wait, and what has no basis is sent as it is read.
    var senderMayBeBusy: Bool { !isListComplete.load(ordering: .relaxed) || summed.load(ordering: .relaxed) > 0 }

    /// Removes and returns the plan of an index; nil if that file was never requested, or was already answered.
    func take(_ index: Int32) -> TransferPlan? { plans.withLock { $0.removeValue(forKey: index) } }

    /// Removes and returns the plans of all unanswered requests, in the order of their indexes.
    func takeAll() -> [TransferPlan] {
        plans.withLock { plans in
            defer { plans = [:] }
            return plans.values.sorted { $0.index < $1.index }
        }
    }

    /// Records an item whose answer the generator waits for.
    func addAwaited(_ index: Int32) { awaited.withLock { _ = $0.insert(index) } }

    /// Whether the generator waits for the answer to an item; the next call says no.
    func takeAwaited(_ index: Int32) -> Bool { awaited.withLock { $0.remove(index) != nil } }

    var count: Int { plans.withLock { $0.count } }

    /// Records an NDX_DONE that is about to be written.
    func addEnd() { ends.add(1, ordering: .relaxed) }

    /// Takes an answer to an NDX_DONE; false when all have been answered.
    func takeEnd() -> Bool { ends.subtract(1, ordering: .relaxed).newValue >= 0 }
}

/// What the generator learns from the other threads of the receiving side.
enum GeneratorEvent: Sendable {
    /// A list is complete and may be processed.
    case list(FileList, ListOwner?)
    /// There are no more lists.
    case listsComplete
    /// These files are in place with all their attributes.
    case finished([TransferPlan])
    /// These files are complete and get their names at the end (`--delay-updates`).
    case held([TransferPlan])
    /// The file could not be written or was not sent: the destination is unchanged.
    case abandoned(Int32)
    /// The sender has answered an item with the values of extended attributes that were requested with it.
    case valuesArrived(Int32)
    /// The file arrived with a wrong checksum.
    case mismatched(TransferPlan)
    /// The sender answered an NDX_DONE.
    case senderDone
    /// The receiver has read its last byte.
    case receiverEnded
}
