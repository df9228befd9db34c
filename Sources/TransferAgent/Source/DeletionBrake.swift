import LinuxSystem
import RsyncEngine
import RsyncOptions
import RsyncWire

/// Guards against accidental deletions: a source without entries, or a large share of the target.
struct DeletionBrake: Sendable, Equatable {
    /// The number of the target's entries from which on the share is checked.
    static let leastEntries: Int64 = 100

    /// Whether anything is deleted at all.
    let isDeleting: Bool
    /// Whether a source without entries may empty the target.
    let allowsEmptySource: Bool
    /// The share of the target's entries that may be deleted, in percent; 100 for all.
    let limit: Int

    /// Reads the settings.
    ///
    /// - Throws: ``AgentError`` for an invalid share.
    init(_ settings: PassSettings) throws(AgentError) {
        guard (0...100).contains(settings.deleteLimit) else {
            throw AgentError(.badSetting, "--delete-limit must be 0 to 100 percent", exitCode: 1)
        }
        isDeleting = settings.delete
        allowsEmptySource = settings.allowEmptySource
        limit = settings.deleteLimit
    }

    /// Whether there is anything to guard.
    var isSet: Bool { isDeleting && (!allowsEmptySource || limit < 100) }

    /// The settings for a dvm-target, which collects deletions and checks its own count.
    func apply(to options: inout TransferOptions) {
        guard isSet else { return }
        options.deletion.refusesEmptySource = !allowsEmptySource
        options.deletion.limit = limit < 100 ? limit : nil
    }

    /// Checks what a dry run found.
    ///
    /// - Parameters:
    ///   - deletions: Entries that would be deleted.
    ///   - entries: Entries that the target has.
    ///   - isSourceEmpty: Whether the source has none.
    /// - Throws: ``AgentError`` when the deletions are refused.
    func judge(deletions: Int64, of entries: Int64, isSourceEmpty: Bool) throws(AgentError) {
        guard deletions > 0, isDeleting else { return }
        if isSourceEmpty, !allowsEmptySource { throw AgentError(refused: .emptySource, deletions, of: entries) }
        let allowed = entries / 100 * Int64(limit) + entries % 100 * Int64(limit) / 100
        guard entries >= Self.leastEntries, limit < 100, deletions > allowed else { return }
        throw AgentError(refused: .tooMany, deletions, of: entries)
    }
}

extension AgentError {
    /// Refused deletions.
    init(refused refusal: TransferTally.Refusal, _ deletions: Int64, of entries: Int64) {
        let all = counted(entries, "entry", plural: "entries", commas: true)
        let figures = "\(grouped(deletions)) of the target's \(all) would be deleted"
        switch refusal {
        case .emptySource: self.init(.emptySource, "the source has no entries, and \(figures)", exitCode: 25)
        case .tooMany: self.init(.tooManyDeletions, "\(figures): nothing was deleted", exitCode: 25)
        }
    }
}
