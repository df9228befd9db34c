import LinuxSystem
package import Logging

/// A failure as reported to the user: what was attempted, on what, the result, and what to do.
package struct AgentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Its kind, which decides the code and the advice.
    package let failure: FailureClass
    /// What was observed: one sentence without a full stop.
    package let observed: String
    /// rsync's exit code for it.
    package let exitCode: Int32

    /// Describes a failure.
    package init(_ failure: FailureClass, _ observed: String, exitCode: Int32) {
        self.failure = failure
        self.observed = observed
        self.exitCode = exitCode
    }

    /// One line, such as `DVM-1002: connection to t:443 was refused (…): check the port, and that …`.
    package var description: String { "\(failure.code): \(observed): \(failure.advice)" }
}

extension AgentError {
    /// A target that was stopped while sources were writing.
    ///
    /// - Parameter sessions: How many sessions were not complete.
    package init(interrupted sessions: Int) {
        self.init(.cancelled, "stopped by a signal during \(counted(sessions, "session"))", exitCode: 20)
    }

    /// The parts of a log line for programs.
    package var logParts: Logger.Metadata {
        ["code": .string(failure.code), "exitCode": .stringConvertible(exitCode)]
    }
}
