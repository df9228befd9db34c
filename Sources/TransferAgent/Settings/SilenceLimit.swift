/// How long the other side may send nothing before this side gives up.
///
/// Judged only by received data: the keep-alives that this side sends do not count. The other side learns the limit
/// (`--timeout`, MSG_IO_TIMEOUT) and sends keep-alives at least twice in it.
package struct SilenceLimit: Sendable, Equatable {
    /// Six times ``KeepAlive/usual``.
    package static let usual = Duration.seconds(120)

    /// Whole seconds.
    package let duration: Duration

    /// Checks a limit.
    ///
    /// - Parameter duration: From two seconds to a day, the longest that rsync's protocol can tell (session 6.3).
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    package init(_ duration: Duration) throws(AgentError) {
        guard duration >= .seconds(2), duration <= .seconds(86_400) else {
            throw AgentError(.badSetting, "--silence-limit must be 2 to 86400 seconds", exitCode: 1)
        }
        self.duration = .seconds(duration.components.seconds)
    }

    /// As a whole number.
    var seconds: Int { Int(duration.components.seconds) }
}
