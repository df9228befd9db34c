import LinuxSystem
import Transport

/// How often a side shows that it is alive, so that nothing on the connection path mistakes a long scan for a dead
/// connection.
///
/// rsync's keep-alives (empty frames) are sent from the end of the handshake on, where they count as
/// traffic for everybody. In the short text phase before, and below it all, TCP asks the peer at the same interval.
package struct KeepAlive: Sendable, Equatable {
    /// Below the 60 seconds after which common load balancers cut an idle connection.
    package static let usual = Duration.seconds(20)

    /// The longest time without a keep-alive.
    package let interval: Duration

    /// Checks an interval.
    ///
    /// - Parameter interval: Up to an hour.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    package init(_ interval: Duration) throws(AgentError) {
        guard interval > .zero, interval <= .seconds(3600) else {
            throw AgentError(.badSetting, "--keep-alive must be 1 to 3600 seconds", exitCode: 1)
        }
        self.interval = interval
    }

    /// The TCP keep-alive interval, in whole seconds.
    var socketOptions: SocketOptions {
        let seconds = Int32(max(1, interval.inSeconds.rounded(.up)))
        var options = SocketOptions()
        options.keepAliveIdle = seconds
        options.keepAliveInterval = min(seconds, options.keepAliveInterval)
        return options
    }
}
