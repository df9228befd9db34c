import RsyncOptions
import RsyncWire
import Synchronization

/// What the receiving side may be at work on without a word, as far as the sending side knows.
///
/// Our own shows life in every phase. What stock rsync 3.2.7 and 3.5.0 do was tried, with `--timeout` passed to them:
/// they show life while they compare, send block sums, write, or wait; but not before they have a file list, not while
/// they sum one file for `-c`, and not while they delete what one directory holds.
///
/// ## Concurrency model
/// The sender's thread sets, the watch for silence reads.
final class ReceiverWork: SilenceRule {
    /// How many times the limit a deletion may take.
    ///
    /// What it has deleted stays deleted, so the next try goes on from there.
    static let deletionFactor = 5

    private let state: SessionState
    /// 0 before the first list is with it, 1 while it may compare and delete, 2 after that.
    private let stage = Atomic<Int>(0)

    init(_ state: SessionState) { self.state = state }

    /// It has a list and was asked nothing more: now it is its turn.
    func begin() { stage.max(1, ordering: .relaxed) }

    /// It has compared everything.
    func endComparing() { stage.store(2, ordering: .relaxed) }

    /// How long it may be silent now.
    var allowance: SilenceAllowance {
        guard !state.options.agent.showsLife else { return .limit }
        switch stage.load(ordering: .relaxed) {
        case 0: return .unlimited
        case 1:
            if state.options.comparison.checksum { return .unlimited }
            // What a client that pulls deletes, a server does not know.
            return state.options.deletion.isOn || state.isServer ? .times(Self.deletionFactor) : .limit
        default: return .limit
        }
    }
}
