package import RsyncEngine

/// The outcome of one volume.
package struct VolumeOutcome: Sendable {
    /// The volume's name.
    package let name: String
    /// rsync's exit code.
    package let exitCode: Int32
    /// What is wrong; nil when the volume is complete.
    package let error: AgentError?
    /// Whether the job accepts what is wrong, so that the exit code is 0.
    package let isAccepted: Bool
    /// What was done.
    package let statistics: SessionStatistics
    /// Errors and other messages to the user, at most ``VolumeObserver/listedLimit`` of them.
    package let exceptions: [String]
    /// The number of such messages.
    package let exceptionCount: Int
    /// The granularity at which modification times were compared, in nanoseconds: 1, or that of the target or its
    /// protocol.
    ///
    /// A change that leaves the size of a file and its time at that granularity unchanged is not detected, unless
    /// contents are compared.
    package let timeGrain: Int64
    /// The target's durability; nil when there was no session.
    let durability: TargetDurability?
    /// The duration of the last attempt.
    package let elapsed: Duration
    /// What that consisted of.
    var phases = PassPhases()
    /// Whether the target admitted a session, so that it may have been changed.
    var hadSession = false
    /// Whether the last attempt moved content.
    var hasMovedContent = false
    /// The target's clock when everything was in place; nil of a stock target, and when no session got so far.
    var targetEnd: LogTime?
    /// How often the volume was tried; 0 when it was not begun.
    package internal(set) var attempts = 0
    /// When the first attempt began and the last one ended; nil when it was not begun.
    var period: (begin: LogTime, end: LogTime)?

    /// Names the figures.
    init(
        name: String,
        error: AgentError?,
        statistics: SessionStatistics = SessionStatistics(),
        isAccepted: Bool = false,
        exceptions: (listed: [String], count: Int) = ([], 0),
        timeGrain: Int64 = 1,
        durability: TargetDurability? = nil,
        elapsed: Duration
    ) {
        self.durability = durability
        self.name = name
        self.error = error
        self.isAccepted = isAccepted && error != nil
        exitCode = isAccepted ? 0 : error?.exitCode ?? 0
        self.statistics = statistics
        self.exceptions = exceptions.listed
        exceptionCount = exceptions.count
        self.timeGrain = timeGrain
        self.elapsed = elapsed
    }

    /// Whether the target was heard of.
    var hasReachedTarget: Bool { error == nil || hadSession || error?.failure.isRefusal == true }

    /// Whether everything in the volume is at the target now.
    package var isComplete: Bool { error == nil }
}

extension Sequence<VolumeOutcome> {
    /// The exit code of all: that of the worst volume.
    ///
    /// A volume that stopped is worse than one with exceptions (23), that than stopped deletions (25), that than
    /// vanished files (24); among stopped ones the first counts.
    package var worstExitCode: Int32 { worst?.exitCode ?? 0 }

    /// The volume that decides the exit code; nil without volumes.
    var worst: VolumeOutcome? {
        var worst: VolumeOutcome?
        for outcome in self where outcome.severity > worst?.severity ?? -1 { worst = outcome }
        return worst
    }
}

extension VolumeOutcome {
    fileprivate var severity: Int {
        switch exitCode {
        case _ where error?.failure == .hookFailed: 5
        case 0: isAccepted ? 1 : 0
        case 24: 2
        case 25: 3
        case 23: 4
        default: 5
        }
    }
}
