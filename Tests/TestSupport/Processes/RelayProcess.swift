import Foundation

/// A relay by a stunnel configuration, ours or stock stunnel, with one service, running until the value goes away.
///
/// A value goes away after its last use: `defer { it.process.stop() }` keeps it to the end of the test.
package final class RelayProcess: Sendable {
    /// Which program.
    package enum Program: Sendable, CaseIterable {
        /// `dvm-stunnel`, as the build that runs the tests made it.
        case dvm
        /// Debian's stunnel.
        case stock

        /// Where the program is.
        package func path() throws -> String {
            self == .dvm ? try BuiltProgram.path("dvm-stunnel") : "/usr/bin/stunnel4"
        }
    }

    /// The loopback port that it accepts on.
    package let port: UInt16
    /// The running program, with its log as output.
    package let process: ChildProcess
    /// Its configuration file.
    package let file: String
    private let directory: TemporaryDirectory

    /// Starts the program in the foreground and waits until it listens.
    ///
    /// - Parameters:
    ///   - program: Ours or stock.
    ///   - isClient: Whether it takes plain connections and makes TLS ones, or the other way round.
    ///   - target: `host:port` that it connects to.
    ///   - settings: Further lines of the service.
    /// - Throws: ``ChildProcess/Failure`` when it does not come up.
    package init(_ program: Program, isClient: Bool, connectingTo target: String, settings: [String]) throws {
        directory = try TemporaryDirectory()
        port = freePort()
        file = directory.file("relay.conf")
        let text = Self.text(isClient: isClient, accepting: port, connectingTo: target, settings: settings)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        process = try ChildProcess(try program.path(), [file])
        guard waitForPort(port) else { throw ChildProcess.Failure(description: "no relay:\n\(process.output)") }
    }

    /// A whole configuration in the foreground, for a file that is written again.
    package static func text(
        isClient: Bool,
        accepting port: UInt16,
        connectingTo target: String,
        settings: [String]
    ) -> String {
        let lines =
            ["foreground = yes", "pid =", "syslog = no", "debug = 7", "[relay]", "client = \(isClient ? "yes" : "no")"]
            + ["accept = 127.0.0.1:\(port)", "connect = \(target)"] + settings
        return lines.joined(separator: "\n") + "\n"
    }

    /// Writes the file again and asks the program to read it.
    package func reload(_ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        kill(process.processIdentifier, SIGHUP)
    }
}
