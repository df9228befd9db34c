import Foundation
import SecureTunnel
import TestSupport
import Testing
import Transport

@Suite("TLS sessions and parameters")
struct SessionTests {
    private static let versions = [TLSVersion.tls12, .tls13]

    @Test(
        "a second connection resumes, also where clients show certificates",
        .timeLimit(.minutes(10)),
        arguments: versions
    )
    func resumes(version: TLSVersion) throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost")
        let trust = PeerTrust.authorities(pemFile: authority.files.certificate)
        var configuration = TLSClientConfiguration(trust: trust, identity: try authority.issue("client").identity)
        configuration.maximumVersion = version
        let client = try TLSContext(client: configuration)
        let server = try TLSContext(server: TLSServerConfiguration(identity: files.identity, clientTrust: trust))
        var resumed: [Bool] = []
        for _ in 0..<3 {
            let (near, far) = try greetedPair(client, server)
            #expect(near.session.isResumed == far.session.isResumed)
            #expect(near.session.peerSubject == "CN=localhost" && far.session.peerSubject == "CN=client")
            resumed.append(near.session.isResumed)
        }
        #expect(resumed == [false, true, true])
        // Another host was never proved; another context has seen nobody.
        #expect(try connects(client, server, name: "localhost"))
        #expect(try !connects(client, server, name: "other.example"))
        #expect(try greetedPair(try TLSContext(client: configuration), server).near.session.isResumed == false)
    }

    @Test("a server with other keys gets a full handshake", .timeLimit(.minutes(10)), arguments: versions)
    func staleTicket(version: TLSVersion) throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost")
        var configuration = TLSClientConfiguration(trust: .authorities(pemFile: authority.files.certificate))
        configuration.maximumVersion = version
        let client = try TLSContext(client: configuration)
        for _ in 0..<2 {
            let server = try TLSContext(server: TLSServerConfiguration(identity: files.identity))
            #expect(try greetedPair(client, server).near.session.isResumed == false)
        }
    }

    @Test(
        "the SNI is the connected name, another, or none",
        .timeLimit(.minutes(10)),
        arguments: [
            (ServerNameIndication.called, "localhost", "localhost"), (.called, "127.0.0.1", nil), (.called, "::1", nil),
            (.called, "localhost.", "localhost"), (.name("route.example"), "127.0.0.1", "route.example"),
            (.none, "localhost", nil),
        ] as [(ServerNameIndication, String, String?)]
    )
    func serverName(indication: ServerNameIndication, called: String, seen: String?) throws {
        let files = try CertificateAuthority().issue("localhost")
        var client = TLSClientConfiguration(trust: .insecure)
        client.serverNameIndication = indication
        let ends = try shakeHands(
            client: client,
            server: TLSServerConfiguration(identity: files.identity),
            name: called
        )
        #expect(try ends.server.get().session.serverName == seen)
    }

    @Test("versions that do not overlap are named on both sides", .timeLimit(.minutes(10)), arguments: [true, false])
    func versionsApart(isClientOld: Bool) throws {
        let files = try CertificateAuthority().issue("localhost")
        var client = TLSClientConfiguration(trust: .insecure)
        var server = TLSServerConfiguration(identity: files.identity)
        if isClientOld {
            client.maximumVersion = .tls12
            server.minimumVersion = .tls13
        } else {
            client.minimumVersion = .tls13
            server.maximumVersion = .tls12
        }
        let ends = try shakeHands(client: client, server: server)
        let expected = SecureTunnelError.noCommonVersion(peer: "the other end of the pair")
        #expect(ends.client.failure == expected)
        #expect(ends.server.failure == expected)
    }

    @Test("ciphers, cipher suites and options are what was requested", .timeLimit(.minutes(10)))
    func parameters() throws {
        let files = try CertificateAuthority().issue("localhost")
        var server = TLSServerConfiguration(identity: files.identity)
        var client = TLSClientConfiguration(trust: .insecure)
        func session() throws -> TLSSession { try shakeHands(client: client, server: server).client.get().session }
        client.cipherSuites = "TLS_CHACHA20_POLY1305_SHA256"
        #expect(try session().cipher == "TLS_CHACHA20_POLY1305_SHA256")
        client.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"
        client.options = [try TLSOption(parsing: "NO_TLSv1_3")]
        #expect(try session().cipher == "ECDHE-ECDSA-AES256-GCM-SHA384")
        client.options.append(try TLSOption(parsing: "-NO_TLSv1_3"))
        #expect(try session().version == "TLSv1.3")
        server.cipherSuites = "TLS_AES_256_GCM_SHA384"
        #expect(throws: SecureTunnelError.self) { try session() }

        client.ciphers = "NO SUCH"
        #expect(throws: SecureTunnelError.self) { try TLSContext(client: client) }
        client.ciphers = nil
        client.cipherSuites = "NO_SUCH"
        #expect(throws: SecureTunnelError.self) { try TLSContext(client: client) }
        client.cipherSuites = nil
        client.minimumVersion = .tls13
        client.maximumVersion = .tls12
        #expect(throws: SecureTunnelError.self) { try TLSContext(client: client) }
    }

    @Test(
        "options that would weaken protection are refused, those without effect are known",
        arguments: [
            ("NO_SSLv2", nil), ("NO_SSLv3", nil), ("-NO_SSLv3", nil), ("NO_TICKET", nil), ("ALL", nil),
            ("SINGLE_ECDH_USE", nil),
            ("CIPHER_SERVER_PREFERENCE", nil), ("NO_RENEGOTIATION", nil), ("NO_COMPRESSION", nil),
            ("-NO_RENEGOTIATION", "weakens the tunnel"), ("-NO_COMPRESSION", "weakens the tunnel"),
            ("IGNORE_UNEXPECTED_EOF", "weakens the tunnel"),
            ("ALLOW_CLIENT_RENEGOTIATION", "weakens the tunnel"),
            ("ALLOW_UNSAFE_LEGACY_RENEGOTIATION", "weakens the tunnel"),
            ("NO_SSLV3", "no option with that name"), ("", "no option with that name"),
            ("-", "no option with that name"),
        ] as [(String, String?)]
    )
    func options(text: String, words: String?) throws {
        guard let words else {
            #expect(throws: Never.self) { try TLSOption(parsing: text) }
            return
        }
        let error = #expect(throws: SecureTunnelError.self) { try TLSOption(parsing: text) }
        #expect(error?.description.contains(words) == true)
    }

    @Test("private keys come as PKCS#1, SEC1 and PKCS#8", .timeLimit(.minutes(10)))
    func keyForms() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("certificate")
        for (algorithm, forms) in [
            (["rsa:2048"], ["-traditional": "BEGIN RSA PRIVATE KEY", "": "BEGIN PRIVATE KEY"]),
            (
                ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
                ["-traditional": "BEGIN EC PRIVATE KEY", "": "BEGIN PRIVATE KEY"]
            ),
        ] {
            let key = directory.file("key")
            try ChildProcess.run(
                "/usr/bin/openssl",
                ["req", "-x509", "-newkey"] + algorithm + ["-nodes", "-subj", "/CN=x", "-keyout", key, "-out", path]
            )
            for (option, begin) in forms {
                let form = directory.file("form")
                let options = option.isEmpty ? [] : [option]
                try ChildProcess.run("/usr/bin/openssl", ["pkey", "-in", key, "-out", form] + options)
                #expect(try String(contentsOfFile: form, encoding: .utf8).contains(begin))
                let identity = TLSIdentity(certificateChainFile: path, privateKeyFile: form)
                let ends = try shakeHands(
                    client: TLSClientConfiguration(trust: .authorities(pemFile: path)),
                    server: TLSServerConfiguration(identity: identity)
                )
                #expect(try ends.client.get().session.peerSubject == "CN=x")
            }
        }
    }

    /// A pair that has exchanged a word, so that the tickets of TLS 1.3 have arrived; ended cleanly.
    private func greetedPair(_ client: TLSContext, _ server: TLSContext) throws -> (near: TLSStream, far: TLSStream) {
        let (near, far) = try SocketStream.pair()
        let answer = try Background {
            let stream = try TLSStream.accept(over: far, context: server, within: .seconds(10))
            try greet(stream)
            return stream
        }
        let stream = try TLSStream.connect(over: near, context: client, serverName: "localhost", within: .seconds(10))
        #expect(try readAll(stream) == GreetingServer.words)
        try stream.closeWrite()
        return (stream, try answer.value())
    }

    /// Whether a client calls a server by a name without an error.
    private func connects(_ client: TLSContext, _ server: TLSContext, name: String) throws -> Bool {
        let (near, far) = try SocketStream.pair()
        let answer = try Background { _ = try? TLSStream.accept(over: far, context: server, within: .seconds(10)) }
        let stream = try? TLSStream.connect(over: near, context: client, serverName: name, within: .seconds(10))
        try answer.value()
        return stream != nil
    }
}
