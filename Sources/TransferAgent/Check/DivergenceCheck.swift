import AgentControl
import LinuxSystem
import RsyncEngine
import VolumeAccess

/// Looks whether something else has changed the target since the last pass, before anything is changed.
///
/// Then either an application runs there already, or the pass goes the wrong way: it would replace newer data by older.
struct DivergenceCheck {
    /// How coarse the time is that the kernel gives to a change, and the time of a record: a tick, and a millisecond.
    private static let grain: Int32 = 20_000_000

    let volume: VolumeJob
    let last: LastPass?
    let display: ProgressDisplay

    /// Checks; blocks the calling thread.
    ///
    /// - Parameter client: A conversation with the target; nil for a stock target.
    /// - Throws: ``AgentError`` of class ``FailureClass/diverged``.
    func run(asking client: ControlClient?) throws(AgentError) {
        guard let last, !volume.allowsDiverged else { return }
        guard let end = last.end(of: volume) else {
            if let gap = last.gap(of: volume) { say("not known whether the target has been changed since: \(gap)") }
            return
        }
        guard let client else {
            say("not known whether the target has been changed since the last pass: a stock target does not say")
            return
        }
        let changes: TargetChanges
        do throws(ControlError) {
            changes = try client.changes(inVolume: volume.module, after: end.timestamp(later: Self.grain))
        } catch {
            switch error {
            case .unknownRequest, .refused:
                say("not known whether the target has been changed since the last pass: \(error)")
                return
            default: throw AgentError(error)
            }
        }
        guard changes.count > 0 else { return }
        let count = counted(Int64(changes.count), "entry", plural: "entries", commas: true)
        let names = changes.first.map { "\"\($0)\"" }.joined(separator: ", ")
        throw AgentError(
            .diverged,
            "\(count) of the target changed after the last pass, which ended there at \(end.text): \(names)",
            exitCode: 4
        )
    }

    private func say(_ text: String) { display.message("volume \(volume.name): \(text)", .warning) }
}

extension LogTime {
    /// The moment some nanoseconds later.
    fileprivate func timestamp(later nanoseconds: Int32) -> Timestamp {
        let sum = Int64(milliseconds) * 1_000_000 + Int64(nanoseconds)
        return Timestamp(seconds: seconds + sum / 1_000_000_000, nanoseconds: Int32(sum % 1_000_000_000))
    }
}
