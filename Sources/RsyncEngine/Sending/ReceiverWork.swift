import RsyncOptions
import RsyncWire
import Synchronization

/// What the receiving side may be silently busy with, as far as the sending side knows.
///
/// dvm sends keep-alives in every phase. Tests with stock rsync 3.2.7 and 3.5.0, with `--timeout` passed to them,
/// showed: they send keep-alives while they compare, send block sums, write, or wait; but not before they have a file
/// list, not while they checksum a file for `-c`, and not while they delete the contents of a directory.
///
/// ## Concurrency model
/// The sender's thread writes, the silence watch reads.
final class ReceiverWork: SilenceRule {
    /// The multiple of the limit that a deletion may take.
    ///
    /// What it has deleted stays deleted, so the next attempt continues from there.
    static let deletionFactor = 5

    private let state: SessionState
    /// 0 before it has the first list, 1 while it may compare and delete, 2 after that.
    private let stage = Atomic<Int>(0)

    init(_ state: SessionState) { self.state = state }

    /// Records that it has a list and nothing else to wait for: it is now its turn.
    func begin() { stage.max(1, ordering: .relaxed) }

    /// Records that it has compared everything.
    func endComparing() { stage.store(2, ordering: .relaxed) }

    /// How long it may currently be silent.
    var allowance: SilenceAllowance {
        guard !state.options.agent.sendsKeepAlives else { return .limit }
        switch stage.load(ordering: .relaxed) {
        case 0: return .unlimited
        case 1:
            if state.options.comparison.checksum { return .unlimited }
            // A server does not know what a pulling client deletes.
            return state.options.deletion.isOn || state.isServer ? .times(Self.deletionFactor) : .limit
        default: return .limit
        }
    }
}
