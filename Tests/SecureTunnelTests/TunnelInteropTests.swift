import SecureTunnel
import TestSupport
import Testing
import Transport

@Suite("Tunnel InteropTests")
struct TunnelInteropTests {
    @Test(
        "connects to openssl s_server, with and without ALPN",
        .timeLimit(.minutes(10)),
        arguments: ["-tls1_2", "-tls1_3"]
    )
    func sServer(version: String) throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost", alternativeNames: "DNS:localhost")
        let port = freePort()
        let server = try ChildProcess(
            "/usr/bin/openssl",
            [
                "s_server", "-accept", "127.0.0.1:\(port)", "-cert", files.certificate, "-key", files.key, "-rev",
                version,
            ]
        )
        defer { server.stop() }
        try server.waitForOutput("ACCEPT")
        let stream = try call(port, trust: .authorities(pemFile: authority.files.certificate))
        #expect(stream.session.applicationProtocol == nil)
        try stream.write(Array("desrever\n".utf8))
        #expect(try stream.read(upTo: 100) == Array("reversed\n".utf8))
        stream.close()
    }

    @Test("answers openssl s_client", .timeLimit(.minutes(10)), arguments: ["-tls1_2", "-tls1_3"])
    func sClient(version: String) throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost", alternativeNames: "DNS:localhost")
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let context = try TLSContext(
            server: TLSServerConfiguration(identity: files.identity, applicationProtocols: ["dvm/1"])
        )
        let client = try ChildProcess(
            "/usr/bin/openssl",
            ["s_client", "-connect", "\(listener.address)", "-CAfile", authority.files.certificate, "-quiet", version]
                + [
                    "-verify_return_error", "-verify_hostname", "localhost", "-servername", "localhost", "-alpn",
                    "dvm/1",
                ]
        )
        let stream = try TLSStream.accept(
            over: try listener.accept(within: .seconds(10)),
            context: context,
            within: .seconds(10)
        )
        #expect(stream.session.applicationProtocol == "dvm/1")
        #expect(stream.session.serverName == "localhost")
        client.send("ping\n")
        #expect(try stream.read(upTo: 100) == Array("ping\n".utf8))
        try stream.write(Array("pong\n".utf8))
        try client.waitForOutput("pong")
        try stream.closeWrite()
        client.closeInput()
        try client.waitForExit()
    }

    @Test(
        "pushes through a stock stunnel to a plain port, with the settings of MTC",
        .enabled(if: StunnelProcess.isInstalled, "stunnel4 is not installed"),
        .timeLimit(.minutes(10)),
        arguments: [true, false]
    )
    func stunnelServer(cutsAtEnd: Bool) throws {
        let directory = try TemporaryDirectory()
        let files = try CertificateAuthority.makeLikeMTC(in: directory)
        let echo = try EchoServer()
        let stunnel = try StunnelProcess(
            isClient: false,
            connectingTo: "\(echo.address)",
            settings: [
                "sslVersion = TLSv1.2", "socket = l:TCP_NODELAY=1", "socket = r:TCP_NODELAY=1",
                "cert = \(files.certificate)", "key = \(files.key)",
            ] + (cutsAtEnd ? ["TIMEOUTclose = 0"] : [])
        )
        defer { stunnel.process.stop() }
        let stream = try call(stunnel.port, trust: .pinned(sha256: try files.sha256()))
        #expect(stream.session.version == "TLSv1.2")
        // Stock stunnel drops what it has not yet read once both directions of the plain side have ended, and with
        // TIMEOUTclose = 0, as MTC has it, already when close_notify comes: everything is read before the end is sent.
        try expectEcho(through: stream, count: 5_000_000, endingFirst: false)
        try echo.finish()
    }

    @Test(
        "answers a stock stunnel, with the settings of MTC",
        .enabled(if: StunnelProcess.isInstalled, "stunnel4 is not installed"),
        .timeLimit(.minutes(10))
    )
    func stunnelClient() throws {
        let directory = try TemporaryDirectory()
        let files = try CertificateAuthority.makeLikeMTC(in: directory)
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let context = try TLSContext(server: TLSServerConfiguration(identity: files.identity))
        let server = try Background {
            let stream = try TLSStream.accept(
                over: try listener.accept(within: .seconds(10)),
                context: context,
                within: .seconds(10)
            )
            try echoUntilEnd(stream)
        }
        let stunnel = try StunnelProcess(
            isClient: true,
            connectingTo: "\(listener.address)",
            settings: [
                "sslVersion = TLSv1.2", "verify = 2", "CAfile = \(files.certificate)", "cert = \(files.certificate)",
                "key = \(files.key)",
            ]
        )
        defer { stunnel.process.stop() }
        let plain = try dial(HostPort(host: "127.0.0.1", port: stunnel.port), within: .seconds(10))
        try expectEcho(through: plain, count: 5_000_000)
        try server.value()
    }

    @Test(
        "a plain client of a stunnel connected to a plain port sees an end of file, not garbage",
        .timeLimit(.minutes(10))
    )
    func plainPort() throws {
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let greeter = try Background {
            let stream = try listener.accept(within: .seconds(10))
            try stream.write(Array("@RSYNCD: 31.0\n".utf8))
            try stream.closeWrite()
        }
        let error = #expect(throws: SecureTunnelError.self) { try call(listener.address.port, trust: .insecure) }
        guard case .notTLS = error else { throw Unexpected(error) }
        try greeter.value()
    }

    @Test(
        "goes through a proxy that wants a password",
        .timeLimit(.minutes(10)),
        arguments: ProxyProcess.Program.allCases.filter(\.isInstalled)
    )
    func proxy(program: ProxyProcess.Program) throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost", alternativeNames: "DNS:localhost")
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let context = try TLSContext(server: TLSServerConfiguration(identity: files.identity))
        let server = try Background {
            let stream = try TLSStream.accept(
                over: try listener.accept(within: .seconds(20)),
                context: context,
                within: .seconds(10)
            )
            #expect(stream.session.serverName == "localhost")
            try echoUntilEnd(stream)
        }
        let closedPort = freePort()
        let proxy = try ProxyProcess(program, connectPorts: [listener.address.port, closedPort])
        defer { proxy.process.stop() }
        let target = HostPort(host: "localhost", port: listener.address.port)
        let url = try ProxyURL(parsing: "http://mover:\(program.password)@127.0.0.1:\(proxy.port)")

        let stream = try dial(try url.address(), within: .seconds(10))
        try connectThroughProxy(stream, target: target, credentials: url.credentials, within: .seconds(10))
        let tunnel = try TLSStream.connect(
            over: stream,
            context: try TLSContext(
                client: TLSClientConfiguration(trust: .authorities(pemFile: authority.files.certificate))
            ),
            serverName: "localhost",
            within: .seconds(10)
        )
        try expectEcho(through: tunnel, count: 1_000_000)
        try server.value()

        #expect(
            throws: SecureTunnelError.proxyLoginRefused(
                proxy: "\(try url.address())",
                user: "mover",
                realm: program.realm
            )
        ) {
            let stream = try dial(try url.address(), within: .seconds(10))
            let wrong = ProxyURL.Credentials(user: "mover", password: "wrong")
            try connectThroughProxy(stream, target: target, credentials: wrong, within: .seconds(10))
        }
        let forbidden = #expect(throws: SecureTunnelError.self) {
            let stream = try dial(try url.address(), within: .seconds(10))
            let discard = HostPort(host: "127.0.0.1", port: 9)
            try connectThroughProxy(stream, target: discard, credentials: url.credentials, within: .seconds(10))
        }
        guard case .proxyForbidden(_, "127.0.0.1:9", let text) = forbidden else { throw Unexpected(forbidden) }
        #expect(!text.isEmpty && !text.contains("<"), "\(text)")
        let unreachable = #expect(throws: SecureTunnelError.self) {
            let stream = try dial(try url.address(), within: .seconds(10))
            let closed = HostPort(host: "127.0.0.1", port: closedPort)
            try connectThroughProxy(stream, target: closed, credentials: url.credentials, within: .seconds(10))
        }
        switch unreachable {
        case .proxyCannotReach, .proxyRefused(_, _, 500, _): break
        default: throw Unexpected(unreachable)
        }
    }

    private func call(_ port: UInt16, trust: PeerTrust) throws -> TLSStream {
        try TLSStream.connect(
            over: try dial(HostPort(host: "127.0.0.1", port: port), within: .seconds(10)),
            context: try TLSContext(client: TLSClientConfiguration(trust: trust, applicationProtocols: ["dvm/1"])),
            serverName: "localhost",
            within: .seconds(10)
        )
    }

    /// Sends bytes to an echo and compares what comes back; `endingFirst` ends our direction before all of it came.
    private func expectEcho(through stream: any ByteStream, count: Int, endingFirst: Bool = true) throws {
        var pattern = Pattern(seed: 5)
        let sent = pattern.next(count)
        let reader = try Background { () -> [UInt8] in
            var received: [UInt8] = []
            while received.count < count || endingFirst {
                let piece = try stream.read(upTo: 64 * 1024)
                guard !piece.isEmpty else { break }
                received += piece
            }
            return received
        }
        try stream.write(sent)
        if endingFirst { try stream.closeWrite() }
        #expect(try reader.value() == sent)
        if !endingFirst { try stream.closeWrite() }
        stream.close()
    }
}

/// A plain TCP server that sends everything back to its one client.
private struct EchoServer {
    private let server: Background<Void>
    let address: HostPort

    init() throws {
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        address = listener.address
        server = try Background { try echoUntilEnd(try listener.accept(within: .seconds(20))) }
    }

    func finish() throws { try server.value() }
}
