/// How a pass over the volumes of a job ended.
package struct PassResult: Sendable {
    /// One for each volume, in the order of the job.
    package let outcomes: [VolumeOutcome]
    /// What failed beside the volumes; nil for nothing.
    package var failure: AgentError?

    /// What the commands before and after it did.
    let hooks: [HookRunner.Outcome]

    /// Puts them together.
    init(_ outcomes: [VolumeOutcome], failure: AgentError? = nil, hooks: [HookRunner.Outcome] = []) {
        self.outcomes = outcomes
        self.failure = failure
        self.hooks = hooks
    }

    /// What decided the exit code; nil when all is well.
    var error: AgentError? { worst?.error ?? failure }
    /// The volume that it concerns; nil for none.
    var volume: String? { worst?.name }
    /// Whether the job accepts it.
    var isAccepted: Bool { failure == nil && worst?.isAccepted ?? false }

    /// The worst volume, if it decides: what failed beside the volumes is worse than what is accepted.
    private var worst: VolumeOutcome? {
        guard let worst = outcomes.worst, worst.error != nil, failure == nil || !worst.isAccepted else { return nil }
        return worst
    }
}
