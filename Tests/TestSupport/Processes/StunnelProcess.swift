import Foundation

/// A stock stunnel with one service, running until the value goes away.
///
/// A value goes away after its last use: `defer { it.process.stop() }` keeps it to the end of the test.
package final class StunnelProcess: Sendable {
    /// Whether Debian's stunnel is installed.
    package static let isInstalled = FileManager.default.isExecutableFile(atPath: path)
    private static let path = "/usr/bin/stunnel4"

    /// The loopback port that it accepts on.
    package let port: UInt16
    /// The running program, with its log as output.
    package let process: ChildProcess
    private let directory: TemporaryDirectory

    /// Starts stunnel and waits until it accepts.
    ///
    /// - Parameters:
    ///   - isClient: Whether it takes plain connections and makes TLS ones, or the other way round.
    ///   - target: `host:port` that it connects to (`connect`).
    ///   - settings: Further lines of the service, such as `cert = /path`.
    /// - Throws: ``ChildProcess/Failure`` when it does not come up.
    package init(isClient: Bool, connectingTo target: String, settings: [String]) throws {
        directory = try TemporaryDirectory()
        port = freePort()
        let configuration =
            ["foreground = yes", "pid =", "syslog = no", "debug = 7", "[rsync]", "client = \(isClient ? "yes" : "no")"]
            + ["accept = 127.0.0.1:\(port)", "connect = \(target)"] + settings
        let file = directory.file("stunnel.conf")
        try Data((configuration.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
        process = try ChildProcess(Self.path, [file])
        try process.waitForOutput("Service [rsync] (FD=")
        try process.waitForOutput("bound to 127.0.0.1:\(port)")
    }
}
