package import RsyncEngine

/// What became of one volume.
package struct VolumeOutcome: Sendable {
    /// The volume's name.
    package let name: String
    /// rsync's exit code.
    package let exitCode: Int32
    /// What is wrong; nil when the volume is complete.
    package let error: AgentError?
    /// What was done.
    package let statistics: SessionStatistics
    /// What could not be done and other texts for a person, at most ``VolumeObserver/listedLimit`` of them.
    package let exceptions: [String]
    /// How many such texts there were.
    package let exceptionCount: Int
    /// The step in which modification times were compared, in nanoseconds: 1, or what the target or its protocol knows.
    ///
    /// A change that leaves the size of a file and the step of its time as they were goes unseen, unless contents are
    /// compared.
    package let timeGrain: Int64
    /// What the target promises of what it called complete; nil when there was no session.
    let durability: TargetDurability?
    /// How long it took.
    package let elapsed: Duration

    /// Names the figures.
    init(
        name: String,
        error: AgentError?,
        statistics: SessionStatistics = SessionStatistics(),
        exceptions: (listed: [String], count: Int) = ([], 0),
        timeGrain: Int64 = 1,
        durability: TargetDurability? = nil,
        elapsed: Duration
    ) {
        self.durability = durability
        self.name = name
        self.error = error
        exitCode = error?.exitCode ?? 0
        self.statistics = statistics
        self.exceptions = exceptions.listed
        exceptionCount = exceptions.count
        self.timeGrain = timeGrain
        self.elapsed = elapsed
    }

    /// Whether everything in the volume is at the target now.
    package var isComplete: Bool { exitCode == 0 }
}

extension Sequence<VolumeOutcome> {
    /// The exit code of all: that of the worst volume.
    ///
    /// A volume that stopped is worse than one with exceptions (23), that than stopped deletions (25), that than vanished
    /// files (24); among stopped ones the first counts.
    package var worstExitCode: Int32 {
        var worst: Int32 = 0
        for outcome in self where outcome.exitCode.severity > worst.severity { worst = outcome.exitCode }
        return worst
    }
}

extension Int32 {
    fileprivate var severity: Int {
        switch self {
        case 0: 0
        case 24: 1
        case 25: 2
        case 23: 3
        default: 4
        }
    }
}
