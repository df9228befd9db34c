import LinuxSystem

/// Whether a volume counts as transferred after a session.
///
/// The kinds of what was reported decide. The exit code does not: it stands for several kinds and names one of those that
/// occurred. It only counts where no message explains it.
package struct PassVerdict: Sendable {
    /// What is wrong; nil when the volume is complete.
    package let error: AgentError?
    /// Whether the job accepts everything that is wrong.
    let isAccepted: Bool

    /// What concerns one part of a volume.
    private struct Flaw {
        /// The kinds that occurred; nil for one that no job accepts.
        let kinds: [AcceptedException?]
        let error: AgentError

        func isAccepted(_ accepted: Set<AcceptedException>) -> Bool {
            kinds.allSatisfy { $0.map(accepted.contains) ?? false }
        }
    }

    /// A session that ended early.
    init(failure: AgentError) { (error, isAccepted) = (failure, false) }

    /// Judges a session that ran to its end (protocol specification, session 9.2).
    ///
    /// - Parameters:
    ///   - kind: The occasion of the pass.
    ///   - accepted: What the job accepts.
    ///   - exitCode: The session's.
    ///   - findings: What its messages say.
    ///   - messages: How many there were.
    ///   - refusal: Why the target deleted nothing, if it said so.
    init(
        of kind: PassKind?,
        accepting accepted: Set<AcceptedException>,
        exitCode: Int32,
        _ findings: PassFindings,
        messages: Int,
        refusal: AgentError? = nil
    ) {
        let said = counted(messages, "message")
        // The worst first, as among volumes (``Sequence/worstExitCode``).
        let flaws = [
            Self.contents(exitCode, findings, said), kind == .cutover ? Self.changes(findings, said) : nil,
            Self.deletions(exitCode, findings, refusal), Self.vanished(findings, said),
        ].compactMap(\.self)
        error = (flaws.first { !$0.isAccepted(accepted) } ?? flaws.first)?.error
        isAccepted = !flaws.isEmpty && flaws.allSatisfy { $0.isAccepted(accepted) }
    }

    /// What is not at the target as it is at the source, of what is there still.
    private static func contents(_ exitCode: Int32, _ findings: PassFindings, _ said: String) -> Flaw? {
        let kinds = [
            (findings.count(.largeFiles), AcceptedException.largeFiles), (findings.count(.attributes), .attributes),
            (findings.count(.topDirectoryAttributes), .topDirectoryAttributes), (findings.discarded, .changed),
        ].filter { $0.0 > 0 }.map(\.1)
        let isExplained =
            switch exitCode {
            case 0, 25: true
            case 23: !kinds.isEmpty
            case 24: findings.count(.vanished) > 0
            default: false
            }
        let lacksMore = findings.failed > 0 || !isExplained
        guard lacksMore || !kinds.isEmpty else { return nil }
        let code = [0, 24, 25].contains(exitCode) ? 23 : exitCode
        let error =
            switch (lacksMore, kinds) {
            case (false, [.largeFiles]):
                AgentError(
                    .fileTooLarge,
                    "everything was transferred except files larger than the limit (\(said))",
                    exitCode: code
                )
            case (false, [.topDirectoryAttributes]):
                AgentError(
                    .partial,
                    "all is in place but attributes of the volume's top directory, which belongs to another user (\(said))",
                    exitCode: code
                )
            case (false, [.attributes]), (false, [.attributes, .topDirectoryAttributes]):
                AgentError(
                    .partial,
                    "all contents are in place, but some attributes could not be set (\(said))",
                    exitCode: code
                )
            default: AgentError(.partial, "not everything could be transferred (\(said))", exitCode: code)
            }
        return Flaw(kinds: kinds + (lacksMore ? [nil] : []), error: error)
    }

    /// What a cutover may not have, although nothing is missing.
    private static func changes(_ findings: PassFindings, _ said: String) -> Flaw? {
        let kinds: [AcceptedException?] =
            (findings.count(.changed) > 0 ? [.changed] : []) + (findings.foreseen > 0 ? [.attributes] : [])
            + (findings.warned > 0 ? [nil] : [])
        guard !kinds.isEmpty else { return nil }
        return Flaw(
            kinds: kinds,
            error: AgentError(.cutoverExceptions, "the cutover had exceptions (\(said))", exitCode: 23)
        )
    }

    /// What should have been deleted.
    private static func deletions(_ exitCode: Int32, _ findings: PassFindings, _ refusal: AgentError?) -> Flaw? {
        guard exitCode == 25 || findings.lacksDeletions || refusal != nil else { return nil }
        let error = refusal ?? AgentError(.deletionLimit, "deletions stopped at the limit", exitCode: 25)
        return Flaw(kinds: [nil], error: error)
    }

    private static func vanished(_ findings: PassFindings, _ said: String) -> Flaw? {
        guard findings.count(.vanished) > 0 else { return nil }
        return Flaw(
            kinds: [.vanished],
            error: AgentError(.vanished, "complete except for files that vanished (\(said))", exitCode: 24)
        )
    }
}
