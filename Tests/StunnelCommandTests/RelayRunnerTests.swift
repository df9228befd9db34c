import Foundation
import SecureTunnel
import TestSupport
import Testing
import Transport

/// A service without `accept`: it calls by itself and gives the connection to a program (`connect` and `exec`).
@Suite("Relay RunnerTests")
struct RelayRunnerTests {
    private let files: CertificateFiles
    private let directory: TemporaryDirectory

    init() throws {
        files = try CertificateAuthority().issue("localhost")
        directory = try TemporaryDirectory()
    }

    /// Starts a relay that calls a loopback port for a program: it says "hello" and keeps the line that it is told.
    private func startRunner(calling port: UInt16, retries: Bool) throws -> ChildProcess {
        let script = directory.file("program")
        let body = "#!/bin/sh\necho hello\nread line\necho \"$line\" >> '\(directory.file("told"))'\n"
        try Data(body.utf8).write(to: URL(fileURLWithPath: script))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        let lines = [
            "foreground = yes", "pid =", "syslog = no", "debug = 7", "[runner]", "client = yes",
            "connect = 127.0.0.1:\(port)", "exec = \(script)", "retry = \(retries ? "yes" : "no")",
        ]
        let file = directory.file("runner.conf")
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
        return try ChildProcess(try BuiltProgram.path("dvm-stunnel"), [file])
    }

    /// Takes one call, hears the program out and tells it a line.
    ///
    /// - Returns: What the program said.
    private func serve(_ listener: Listener, telling line: String) throws -> [UInt8] {
        let socket = try listener.accept(within: .seconds(40))
        socket.readTimeout = .seconds(40)
        let identity = TLSIdentity(certificateChainFile: files.certificate, privateKeyFile: files.key)
        let stream = try TLSStream.accept(
            over: socket,
            context: try TLSContext(server: TLSServerConfiguration(identity: identity)),
            within: .seconds(10)
        )
        try stream.write(Array("\(line)\n".utf8))
        let said = try readAll(stream)
        try stream.closeWrite()
        _ = try? readAll(socket)
        stream.close()
        return said
    }

    private var told: String { (try? String(contentsOfFile: directory.file("told"), encoding: .utf8)) ?? "" }

    @Test("with retry, runs its program again for a new connection when one has ended", .timeLimit(.minutes(10)))
    func again() throws {
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let relay = try startRunner(calling: listener.address.port, retries: true)
        defer { relay.stop() }
        for name in ["first", "second", "third"] {
            #expect(try serve(listener, telling: name) == Array("hello\n".utf8))
        }
        // The program may write down the last line after it closed its end.
        try relay.waitForOutput("ended with status 0")
        #expect(told.hasPrefix("first\nsecond\n"), "\(told)")
        kill(relay.processIdentifier, SIGTERM)
        #expect(try relay.waitForExit() == 0)
    }

    @Test("with retry, connects again until somebody answers", .timeLimit(.minutes(10)))
    func afterRefusal() throws {
        let port = freePort()
        let relay = try startRunner(calling: port, retries: true)
        defer { relay.stop() }
        try relay.waitForOutput("connection failed")
        #expect(told.isEmpty, "the program starts when there is somebody to talk to")
        let listener = try Listener(HostPort(host: "127.0.0.1", port: port))
        #expect(try serve(listener, telling: "late") == Array("hello\n".utf8))
    }

    @Test("without retry, connects once", .timeLimit(.minutes(10)))
    func once() throws {
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let relay = try startRunner(calling: listener.address.port, retries: false)
        defer { relay.stop() }
        #expect(try serve(listener, telling: "only") == Array("hello\n".utf8))
        #expect(throws: TransportError.self, "a retry comes after a second") {
            _ = try listener.accept(within: .seconds(4))
        }
        kill(relay.processIdentifier, SIGTERM)
        #expect(try relay.waitForExit() == 0)
    }
}
