import Foundation
import SecureTunnel
import TestSupport
import Testing
import Transport

@Suite("Relay FaultTests")
struct RelayFaultTests {
    private func server(_ target: String, _ settings: [String] = []) throws -> (RelayProcess, CertificateFiles) {
        let files = try CertificateAuthority().issue("localhost")
        let own = ["cert = \(files.certificate)", "key = \(files.key)"]
        return (try RelayProcess(.dvm, isClient: false, connectingTo: target, settings: own + settings), files)
    }

    private func tunnel(to port: UInt16) throws -> TLSStream {
        try TLSStream.connect(
            over: try call(port),
            context: try TLSContext(client: TLSClientConfiguration(trust: .insecure)),
            serverName: "localhost",
            within: .seconds(10)
        )
    }

    @Test("reports a truncated stream, and resets the plain side", .timeLimit(.minutes(10)))
    func truncation() throws {
        let outcome = BoundedBox()
        let plain = try PlainServer { stream in
            let head = try stream.read(upTo: 100)
            #expect(head == [1, 2, 3])
            do { outcome.set(try stream.read(upTo: 1)) } catch { outcome.set(Array("\(error)".utf8)) }
        }
        let (relay, _) = try server(plain.target)
        defer { relay.process.stop() }
        let stream = try tunnel(to: relay.port)
        try stream.write([1, 2, 3])
        stream.close()
        try relay.process.waitForOutput("ended without TLS close_notify: bytes may be missing")
        let seen = String(decoding: outcome.wait() ?? [], as: UTF8.self)
        #expect(seen.contains("broke the connection"), "an orderly end would hide the loss: \(seen)")
    }

    @Test(
        "refuses by name a pid file that leads elsewhere and ciphers that do not encrypt",
        .timeLimit(.minutes(10)),
        arguments: [
            ("pid = {}/link", "is a symbolic link"), ("pid = {}/names", "more than one hard link"),
            ("ciphers = eNULL", "NULL"), ("ciphers = ECDHE:eNULL@SECLEVEL=0", "does not encrypt"),
        ]
    )
    func refusedByName(line: String, words: String) throws {
        let directory = try TemporaryDirectory()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: directory.file("file")))
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("link"),
            withDestinationPath: directory.file("file")
        )
        try FileManager.default.linkItem(atPath: directory.file("file"), toPath: directory.file("names"))
        let files = try CertificateAuthority().issue("localhost")
        let pid = line.hasPrefix("pid") ? line.replacing("{}", with: directory.path) : "pid ="
        let cipher = line.hasPrefix("pid") ? "" : line
        let text = """
            foreground = yes
            \(pid)
            [service]
            accept = 127.0.0.1:\(freePort())
            connect = 127.0.0.1:9
            cert = \(files.certificate)
            key = \(files.key)
            \(cipher)

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: directory.file("conf")))
        let relay = try ChildProcess(try BuiltProgram.path("dvm-stunnel"), [directory.file("conf")])
        defer { relay.stop() }
        try relay.waitForExit()
        #expect(relay.output.contains(words) && relay.output.contains(String(line.prefix(3))), "\(relay.output)")
        #expect(try String(contentsOfFile: directory.file("file"), encoding: .utf8) == "precious")
    }

    @Test("refuses renegotiation", .timeLimit(.minutes(10)))
    func renegotiation() throws {
        let plain = try PlainServer { try echoUntilEnd($0) }
        let (relay, _) = try server(plain.target, ["sslVersion = TLSv1.2"])
        defer { relay.process.stop() }
        let client = try ChildProcess(
            "/usr/bin/openssl",
            ["s_client", "-connect", "127.0.0.1:\(relay.port)", "-tls1_2"]
        )
        defer { client.stop() }
        try relay.process.waitForOutput("TLSv1.2 with")
        client.send("R\n")
        try client.waitForOutput("no renegotiation")
    }

    @Test("bounds a slow handshake", .timeLimit(.minutes(10)))
    func slowHandshake() throws {
        let plain = try PlainServer { try echoUntilEnd($0) }
        let (relay, _) = try server(plain.target, ["TIMEOUTbusy = 1"])
        defer { relay.process.stop() }
        let stream = try call(relay.port)
        // The head of a record that never comes to its end, a byte at a time: each byte is progress, the handshake is
        // not.
        let start = ContinuousClock.now
        let dripping = try Background {
            for byte: UInt8 in [0x16, 3, 1, 2, 0] + [UInt8](repeating: 1, count: 200) {
                try stream.write([byte])
                usleep(50_000)
            }
        }
        _ = try? readAll(stream)
        #expect(ContinuousClock.now - start < .seconds(8))
        try relay.process.waitForOutput("did not complete within 1.0 seconds")
        stream.close()
        _ = try? dripping.value()
        #expect(try echo(through: try tunnel(to: relay.port)), "others are served")
    }

    private func echo(through stream: any ByteStream) throws -> Bool {
        try stream.write([4, 5])
        try stream.closeWrite()
        return try readAll(stream) == [4, 5]
    }

    @Test("ends idle connections, and only those", .timeLimit(.minutes(10)))
    func idle() throws {
        let plain = try PlainServer { try echoUntilEnd($0) }
        let (relay, _) = try server(plain.target, ["TIMEOUTidle = 1"])
        defer { relay.process.stop() }
        let stream = try tunnel(to: relay.port)
        for _ in 0..<8 {
            try stream.write([1])
            #expect(try stream.read(upTo: 1) == [1])
            usleep(250_000)
        }
        #expect(throws: TransportError.self) { _ = try readAll(stream) }
        try relay.process.waitForOutput("TIMEOUTidle")
    }

    @Test("tries the addresses of connect in turn", .timeLimit(.minutes(10)))
    func failover() throws {
        let plain = try PlainServer { try echoUntilEnd($0) }
        let (relay, _) = try server("127.0.0.1:\(freePort())", ["connect = \(plain.target)"])
        defer { relay.process.stop() }
        #expect(try echo(through: try tunnel(to: relay.port)))
        #expect(relay.process.output.contains("trying the next address"))
    }

    @Test("SIGHUP adopts a valid file, keeps old connections, and refuses a broken one", .timeLimit(.minutes(10)))
    func reload() throws {
        let first = try PlainServer { try echoUntilEnd($0) }
        let second = try PlainServer { stream in
            try stream.write(Array("second".utf8))
            try stream.closeWrite()
            _ = try readAll(stream)
        }
        let (relay, files) = try server(first.target)
        defer { relay.process.stop() }
        let old = try tunnel(to: relay.port)
        try old.write([1])
        #expect(try old.read(upTo: 1) == [1])
        let settings = ["cert = \(files.certificate)", "key = \(files.key)"]
        func text(_ more: [String]) -> String {
            RelayProcess.text(
                isClient: false,
                accepting: relay.port,
                connectingTo: second.target,
                settings: settings + more
            )
        }
        try relay.reload(text(["foo = bar"]))
        try relay.process.waitForOutput(":11: \"foo\" is not a key that dvm-stunnel supports")
        #expect(try echo(through: try tunnel(to: relay.port)), "the old configuration stays")
        try relay.reload(text([]))
        try relay.process.waitForOutput("was reloaded without affecting ")
        let new = try tunnel(to: relay.port)
        #expect(try readAll(new) == Array("second".utf8))
        #expect(try echo(through: old), "the old connection continues")
    }

    /// Whether nobody listens on a port any more; the kernel may need a moment.
    private func isRefused(_ port: UInt16) -> Bool {
        for _ in 0..<400 {
            do { try call(port).close() } catch { return true }
            usleep(5000)
        }
        return false
    }

    @Test("SIGTERM stops accepting, drains, and ends with 0", .timeLimit(.minutes(10)), arguments: [SIGTERM, SIGINT])
    func drain(signal: Int32) throws {
        let plain = try PlainServer { try echoUntilEnd($0) }
        let (relay, _) = try server(plain.target)
        defer { relay.process.stop() }
        let stream = try tunnel(to: relay.port)
        try stream.write([1])
        #expect(try stream.read(upTo: 1) == [1])
        kill(relay.process.processIdentifier, signal)
        try relay.process.waitForOutput("stopping; waiting up to 20.0 seconds for 1 connection to finish")
        #expect(isRefused(relay.port))
        #expect(try echo(through: stream))
        #expect(try relay.process.waitForExit() == 0)
    }

    @Test("a second SIGTERM cuts what is left and ends with 1", .timeLimit(.minutes(10)))
    func cut() throws {
        let plain = try PlainServer { try echoUntilEnd($0) }
        let (relay, _) = try server(plain.target)
        defer { relay.process.stop() }
        let stream = try tunnel(to: relay.port)
        try stream.write([1])
        #expect(try stream.read(upTo: 1) == [1])
        kill(relay.process.processIdentifier, SIGTERM)
        try relay.process.waitForOutput("stopping; waiting up to 20.0 seconds for 1 connection to finish")
        kill(relay.process.processIdentifier, SIGTERM)
        #expect(try relay.process.waitForExit() == 1)
        #expect(throws: TransportError.self) { _ = try readAll(stream) }
    }

    @Test("refuses a broken file with one line and status 1", .timeLimit(.minutes(10)))
    func brokenFile() throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("broken.conf")
        try Data("[a]\naccept = 1\nspeed = 11\n".utf8).write(to: URL(fileURLWithPath: file))
        let child = try ChildProcess(try BuiltProgram.path("dvm-stunnel"), [file])
        #expect(try child.waitForExit() == 1)
        #expect(child.output == "dvm-stunnel: \(file):3: \"speed\" is not a key that dvm-stunnel supports\n")
    }
}
