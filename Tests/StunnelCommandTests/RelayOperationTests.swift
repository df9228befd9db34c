import Foundation
import SecureTunnel
import TestSupport
import Testing
import Transport

/// Our relay as whoever operates it meets it: its log, its time limits, its addresses.
@Suite("Relay OperationTests")
struct RelayOperationTests {
    private let files: CertificateFiles
    private let directory: TemporaryDirectory

    init() throws {
        files = try CertificateAuthority().issue("localhost", alternativeNames: "DNS:localhost,IP:::1,IP:127.0.0.1")
        directory = try TemporaryDirectory()
    }

    /// A server by a whole file of its own; `globals` stand before the service.
    private func start(_ globals: [String], _ service: [String]) throws -> ChildProcess {
        let file = directory.file("relay.conf")
        let own = ["[relay]", "cert = \(files.certificate)", "key = \(files.key)"]
        let text = (["foreground = yes", "pid ="] + globals + own + service).joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return try ChildProcess(try BuiltProgram.path("dvm-stunnel"), [file])
    }

    private func tunnel(to address: HostPort) throws -> TLSStream {
        let socket = try dial(address, within: .seconds(10))
        socket.readTimeout = .seconds(40)
        return try TLSStream.connect(
            over: socket,
            context: try TLSContext(client: TLSClientConfiguration(trust: .insecure)),
            serverName: address.host,
            within: .seconds(10)
        )
    }

    private func echoes(_ address: HostPort) throws -> Bool {
        let stream = try tunnel(to: address)
        try stream.write([4, 5])
        try stream.closeWrite()
        return try readAll(stream) == [4, 5]
    }

    private func loopback(_ port: UInt16) -> HostPort { HostPort(host: "127.0.0.1", port: port) }

    @Test("SIGUSR1 opens the log again after it was moved away", .timeLimit(.minutes(10)))
    func reopening() throws {
        let plain = try PlainServer { try echoUntilEnd($0) }
        let port = freePort()
        let (log, moved) = (directory.file("log"), directory.file("log.1"))
        // `log = overwrite` empties the file at the start; opening it again must not.
        let relay = try start(
            ["syslog = no", "output = \(log)", "log = overwrite", "debug = 7"],
            ["accept = 127.0.0.1:\(port)", "connect = \(plain.target)"]
        )
        defer { relay.stop() }
        #expect(waitForPort(port))
        #expect(try echoes(loopback(port)))
        try FileManager.default.moveItem(atPath: log, toPath: moved)
        try Data("before\n".utf8).write(to: URL(fileURLWithPath: log))
        #expect(try echoes(loopback(port)))
        #expect(try String(contentsOfFile: log, encoding: .utf8) == "before\n", "the old file is still the one in use")
        kill(relay.processIdentifier, SIGUSR1)
        try waitUntil("the new file is in use") {
            _ = try echoes(loopback(port))
            return try String(contentsOfFile: log, encoding: .utf8).contains("accepted a connection")
        }
        #expect(try String(contentsOfFile: log, encoding: .utf8).hasPrefix("before\n"))
        let size = try Data(contentsOf: URL(fileURLWithPath: moved)).count
        #expect(try echoes(loopback(port)))
        #expect(try Data(contentsOf: URL(fileURLWithPath: moved)).count == size, "nothing goes to the old file")
    }

    @Test("SIGUSR1 keeps the old log where a new one cannot be opened", .timeLimit(.minutes(10)))
    func reopeningFails() throws {
        let plain = try PlainServer { try echoUntilEnd($0) }
        let port = freePort()
        let logs = directory.file("logs")
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: false)
        let relay = try start(
            ["syslog = no", "output = \(logs)/log"],
            ["accept = 127.0.0.1:\(port)", "connect = \(plain.target)"]
        )
        defer { relay.stop() }
        #expect(waitForPort(port))
        try FileManager.default.moveItem(atPath: logs, toPath: directory.file("away"))
        kill(relay.processIdentifier, SIGUSR1)
        try relay.waitForOutput("the log file was not reopened")
        #expect(try echoes(loopback(port)))
        let kept = try String(contentsOfFile: directory.file("away/log"), encoding: .utf8)
        #expect(kept.contains("the log file was not reopened"))
    }

    @Test("works without syslog, as in a container", .timeLimit(.minutes(10)))
    func withoutSyslog() throws {
        let plain = try PlainServer { try echoUntilEnd($0) }
        let port = freePort()
        // `syslog = yes` is stunnel's default; on a machine that has one, this test shows that it does no harm.
        let relay = try start(["debug = 7"], ["accept = 127.0.0.1:\(port)", "connect = \(plain.target)"])
        defer { relay.stop() }
        #expect(waitForPort(port))
        for _ in 0..<3 { #expect(try echoes(loopback(port))) }
        try relay.waitForOutput("connection closed")
        kill(relay.processIdentifier, SIGTERM)
        #expect(try relay.waitForExit() == 0)
    }

    @Test(
        "TIMEOUTconnect bounds an unanswered connection attempt, and the next address is tried",
        .timeLimit(.minutes(10))
    )
    func connectTimeout() throws {
        let plain = try PlainServer { try echoUntilEnd($0) }
        // A full queue: the kernel drops who else calls, as a firewall does.
        let deaf = try Listener(HostPort(host: "127.0.0.1", port: 0), backlog: 0)
        var waiting: [SocketStream] = []
        defer { waiting.forEach { $0.close() } }
        #expect(throws: TransportError.self) {
            for _ in 0..<10 { waiting.append(try dial(deaf.address, within: .milliseconds(100))) }
        }
        let port = freePort()
        let relay = try start(
            ["syslog = no", "debug = 7"],
            [
                "accept = 127.0.0.1:\(port)", "TIMEOUTconnect = 1", "connect = \(deaf.address)",
                "connect = \(plain.target)",
            ]
        )
        defer { relay.stop() }
        #expect(waitForPort(port))
        let begin = ContinuousClock.now
        #expect(try echoes(loopback(port)))
        let seconds = ContinuousClock.now - begin
        #expect(seconds >= .seconds(1) && seconds < .seconds(9), "\(seconds); ten is the default")
        try relay.waitForOutput("timed out after 1 s waiting for the connection to \(deaf.address)")
    }

    /// A TLS server for one caller behind our client relay: it reads to the end, then does as it is told.
    private func answerer(
        _ answer: @escaping @Sendable (TLSStream) throws -> Void
    ) throws -> PlainServer {
        let identity = TLSIdentity(certificateChainFile: files.certificate, privateKeyFile: files.key)
        let context = try TLSContext(server: TLSServerConfiguration(identity: identity))
        return try PlainServer { socket in
            let stream = try TLSStream.accept(over: socket, context: context, within: .seconds(10))
            _ = try readAll(stream)
            try answer(stream)
        }
    }

    @Test("TIMEOUTclose bounds the silence after our end, not what is still on its way", .timeLimit(.minutes(10)))
    func closeTimeout() throws {
        let isOver = BoundedBox()
        let silent = try answerer { _ in _ = isOver.wait() }
        defer { isOver.set([]) }
        let slow = try answerer { stream in
            for byte: UInt8 in 0..<12 {
                usleep(300_000)
                try stream.write([byte])
            }
            try stream.closeWrite()
        }
        for (server, isSilent) in [(silent, true), (slow, false)] {
            let near = try RelayProcess(
                .dvm,
                isClient: true,
                connectingTo: server.target,
                settings: ["TIMEOUTclose = 2"]
            )
            defer { near.process.stop() }
            let stream = try call(near.port)
            try stream.write([7])
            let begin = ContinuousClock.now
            try stream.closeWrite()
            let answer = Result { try readAll(stream) }
            let seconds = ContinuousClock.now - begin
            if isSilent {
                #expect(throws: TransportError.self, "an orderly end would hide the loss") { try answer.get() }
                #expect(seconds >= .seconds(2) && seconds < .seconds(20), "\(seconds); 60 is the default")
                try near.process.waitForOutput("the peer did not answer our close_notify")
            } else {
                #expect(try answer.get() == Array(0..<12), "\(near.process.output)")
                #expect(seconds > .seconds(3))
            }
        }
    }

    @Test(
        "accepts and makes connections over IPv6",
        .timeLimit(.minutes(10)),
        arguments: ["[::1]:", "::1:", ":::", ""]
    )
    func overIPv6(prefix: String) throws {
        let plain = try PlainServer(on: "::1") { try echoUntilEnd($0) }
        let port = freePort()
        let relay = try start(
            ["syslog = no", "debug = 7"],
            ["accept = \(prefix)\(port)", "connect = ::1:\(plain.listener.address.port)"]
        )
        defer { relay.stop() }
        try relay.waitForOutput("running as process")
        #expect(try echoes(HostPort(host: "::1", port: port)))
        try relay.waitForOutput("accepted a connection from [::1]:")
        try relay.waitForOutput("connected to [::1]:\(plain.listener.address.port)")
        // The wildcard, written or meant, takes IPv4 callers too.
        if !prefix.contains("1") { #expect(try echoes(loopback(port))) }
    }

    @Test("a certificate is checked against the connected IPv6 address", .timeLimit(.minutes(10)))
    func certificateOfIPv6() throws {
        let plain = try PlainServer { try echoUntilEnd($0) }
        let port = freePort()
        let far = try start(["syslog = no"], ["accept = ::1:\(port)", "connect = \(plain.target)"])
        defer { far.stop() }
        try far.waitForOutput("running as process")
        for (address, isRight) in [("::1", true), ("::2", false)] {
            let near = try RelayProcess(
                .dvm,
                isClient: true,
                connectingTo: "::1:\(port)",
                settings: ["verifyPeer = yes", "CAfile = \(files.certificate)", "checkIP = \(address)"]
            )
            defer { near.process.stop() }
            let stream = try call(near.port)
            try stream.write([7])
            try stream.closeWrite()
            #expect((try? readAll(stream)) == (isRight ? [7] : nil), "\(near.process.output)")
        }
    }
}

/// Waits until something holds; events of another program that no output tells of.
private func waitUntil(_ what: String, _ isTrue: () throws -> Bool) throws {
    for _ in 0..<2000 {
        if try isTrue() { return }
        usleep(5000)
    }
    throw NeverCame(what: what)
}

/// What a test waited for without success.
private struct NeverCame: Error {
    let what: String
}
