import Foundation

/// A stock HTTP proxy that requests basic authentication, running until the value goes away.
///
/// A value goes away after its last use: `defer { it.process.stop() }` keeps it to the end of the test.
///
/// User `mover`; it forwards CONNECT to any port but 9.
package final class ProxyProcess: Sendable {
    /// Which program plays the proxy.
    package enum Program: String, CaseIterable, Sendable {
        case tinyproxy = "/usr/bin/tinyproxy"
        case squid = "/usr/sbin/squid"

        /// The password of user `mover`; tinyproxy takes no punctuation.
        package var password: String { self == .squid ? "!:s3cret" : "s3cret" }

        /// What it says it protects.
        package var realm: String { self == .squid ? "movers only" : "Tinyproxy" }

        /// Whether it is installed.
        package var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: rawValue) }
    }

    /// The loopback port that it accepts on.
    package let port = freePort()
    /// The running program.
    package let process: ChildProcess
    private let directory: TemporaryDirectory

    /// Starts a proxy and waits until it accepts.
    ///
    /// - Parameters:
    ///   - program: Which one.
    ///   - connectPorts: Ports it may be asked to connect to, for programs that want a list.
    /// - Throws: ``ChildProcess/Failure`` when it does not come up.
    package init(_ program: Program, connectPorts: [UInt16]) throws {
        directory = try TemporaryDirectory()
        // squid gives up its privileges before it reads and writes here.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
        switch program {
        case .tinyproxy: process = try Self.startTinyproxy(directory, port, connectPorts)
        case .squid: process = try Self.startSquid(directory, port)
        }
    }

    private static func startTinyproxy(
        _ directory: TemporaryDirectory,
        _ port: UInt16,
        _ connectPorts: [UInt16]
    ) throws -> ChildProcess {
        let configuration =
            [
                "Port \(port)", "Listen 127.0.0.1", "Timeout 60", "LogLevel Info",
                "BasicAuth mover \(Program.tinyproxy.password)",
            ]
            + connectPorts.map { "ConnectPort \($0)" }
        try write(configuration, to: directory.file("tinyproxy.conf"))
        let process = try ChildProcess(Program.tinyproxy.rawValue, ["-d", "-c", directory.file("tinyproxy.conf")])
        try process.waitForOutput("Accepting connections")
        return process
    }

    private static func startSquid(_ directory: TemporaryDirectory, _ port: UInt16) throws -> ChildProcess {
        let hash = try ChildProcess.run("/usr/bin/openssl", ["passwd", "-apr1", Program.squid.password])
        try write(["mover:" + hash.trimmingCharacters(in: .whitespacesAndNewlines)], to: directory.file("users"))
        try write(
            [
                "http_port 127.0.0.1:\(port)", "visible_hostname localhost", "pid_filename \(directory.file("pid"))",
                "cache_log \(directory.file("log"))", "access_log none", "cache_store_log none", "cache deny all",
                "coredump_dir \(directory.path)", "netdb_filename none", "shutdown_lifetime 0 seconds",
                "pinger_enable off",
                "auth_param basic program /usr/lib/squid/basic_ncsa_auth \(directory.file("users"))",
                "auth_param basic children 1", "auth_param basic realm \(Program.squid.realm)",
                "acl known proxy_auth REQUIRED",
                "acl discard port 9", "http_access deny !known", "http_access deny discard", "http_access allow known",
            ],
            to: directory.file("squid.conf")
        )
        let process = try ChildProcess(Program.squid.rawValue, ["-N", "-d", "1", "-f", directory.file("squid.conf")])
        try process.waitForOutput("Accepting HTTP Socket connections")
        // squid says so before it calls listen(2).
        guard waitForPort(port) else { throw ChildProcess.Failure(description: "squid refuses connections") }
        return process
    }

    private static func write(_ lines: [String], to path: String) throws {
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
    }
}
