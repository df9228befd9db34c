import SecureTunnel
import TestSupport
import Testing
import Transport

@Suite("Trust in a peer")
struct TrustTests {
    @Test("refuses an expired certificate and reports its end date", .timeLimit(.minutes(10)))
    func expired() throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost", validFrom: "20200101000000Z", validUntil: "20210203040506Z")
        let ends = try shakeHands(
            client: TLSClientConfiguration(trust: .authorities(pemFile: authority.files.certificate)),
            server: TLSServerConfiguration(identity: files.identity)
        )
        let error = #expect(throws: SecureTunnelError.self) { try ends.client.get() }
        #expect(error == .certificateExpired(subject: "CN=localhost", until: "2021-02-03 04:05:06 UTC"))
        // With TLS 1.3 the server learns of it during its handshake, since it waits for the client's last message.
        let seen = #expect(throws: SecureTunnelError.self) { try ends.server.get() }
        guard case .alert(_, let name) = seen else { throw Unexpected(seen) }
        #expect(name == "certificate expired")
    }

    @Test("refuses a certificate that is not valid yet", .timeLimit(.minutes(10)))
    func notYetValid() throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost", validFrom: "20480101000000Z")
        let ends = try shakeHands(
            client: TLSClientConfiguration(trust: .authorities(pemFile: authority.files.certificate)),
            server: TLSServerConfiguration(identity: files.identity)
        )
        let error = #expect(throws: SecureTunnelError.self) { try ends.client.get() }
        #expect(error == .certificateNotYetValid(subject: "CN=localhost", from: "2048-01-01 00:00:00 UTC"))
    }

    @Test(
        "refuses a name that is not in the certificate",
        .timeLimit(.minutes(10)),
        arguments: [
            ("other.example", "DNS:localhost,DNS:*.y.com,IP:127.0.0.1", ["localhost", "*.y.com", "127.0.0.1"]),
            ("127.0.0.2", "DNS:localhost,IP:127.0.0.1", ["localhost", "127.0.0.1"]),
            ("a.b.y.com", "DNS:*.y.com", ["*.y.com"]),
            ("localhost", nil, ["CN=common"]),
        ]
    )
    func wrongName(called: String, names: String?, presented: [String]) throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("common", alternativeNames: names)
        let ends = try shakeHands(
            client: TLSClientConfiguration(trust: .authorities(pemFile: authority.files.certificate)),
            server: TLSServerConfiguration(identity: files.identity),
            name: called
        )
        let error = #expect(throws: SecureTunnelError.self) { try ends.client.get() }
        #expect(error == .wrongName(expected: called, presented: presented))
    }

    @Test(
        "accepts the names and addresses in the certificate",
        .timeLimit(.minutes(10)),
        arguments: [
            ("localhost", "DNS:localhost"), ("x.y.com", "DNS:*.y.com"), ("127.0.0.1", "IP:127.0.0.1"),
            ("::1", "IP:::1"),
            ("common", nil), ("localhost.", "DNS:localhost"),
        ]
    )
    func rightName(called: String, names: String?) throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("common", alternativeNames: names)
        let ends = try shakeHands(
            client: TLSClientConfiguration(trust: .authorities(pemFile: authority.files.certificate)),
            server: TLSServerConfiguration(identity: files.identity),
            name: called
        )
        #expect(throws: Never.self) { try ends.client.get() }
    }

    @Test("refuses a certificate of an unknown CA", .timeLimit(.minutes(10)))
    func wrongAuthority() throws {
        let authority = try CertificateAuthority(name: "Stranger")
        let trusted = try CertificateAuthority(name: "Friend")
        let files = try authority.issue("localhost")
        let ends = try shakeHands(
            client: TLSClientConfiguration(trust: .authorities(pemFile: trusted.files.certificate)),
            server: TLSServerConfiguration(identity: files.identity)
        )
        let error = #expect(throws: SecureTunnelError.self) { try ends.client.get() }
        #expect(error == .unknownAuthority(issuer: "CN=Stranger", subject: "CN=localhost"))
        let seen = #expect(throws: SecureTunnelError.self) { try ends.server.get() }
        #expect(seen == .alert(peer: "the other end of the pair", name: "unknown CA"))
    }

    @Test(
        "trusts the certificate that MTC makes when it is listed or pinned, whatever the name",
        .timeLimit(.minutes(10))
    )
    func likeMTC() throws {
        let directory = try TemporaryDirectory()
        let files = try CertificateAuthority.makeLikeMTC(in: directory)
        let server = TLSServerConfiguration(identity: files.identity)
        for trust in [PeerTrust.authorities(pemFile: files.certificate), .pinned(sha256: try files.sha256())] {
            let ends = try shakeHands(
                client: TLSClientConfiguration(trust: trust),
                server: server,
                name: "dvm-rsync.apps.example"
            )
            #expect(try ends.client.get().session.peerSubject?.contains("CN=openshift.io") == true)
            #expect(try ends.server.get().session.serverName == "dvm-rsync.apps.example")
        }
        let stranger = try CertificateAuthority()
        let ends = try shakeHands(
            client: TLSClientConfiguration(trust: .authorities(pemFile: stranger.files.certificate)),
            server: server
        )
        let error = #expect(throws: SecureTunnelError.self) { try ends.client.get() }
        guard case .unknownAuthority = error else { throw Unexpected(error) }
    }

    @Test("reports the expected and the presented pin", .timeLimit(.minutes(10)))
    func wrongPin() throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost")
        let other = try authority.issue("localhost")
        let ends = try shakeHands(
            client: TLSClientConfiguration(trust: .pinned(sha256: try other.sha256().uppercased())),
            server: TLSServerConfiguration(identity: files.identity)
        )
        let error = #expect(throws: SecureTunnelError.self) { try ends.client.get() }
        #expect(error == .pinMismatch(expected: try other.sha256(), seen: try files.sha256()))
    }

    @Test("a server lets in only clients whose certificate it trusts", .timeLimit(.minutes(10)))
    func mutual() throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost")
        let trust = PeerTrust.authorities(pemFile: authority.files.certificate)
        let server = TLSServerConfiguration(
            identity: files.identity,
            clientTrust: .authorities(pemFile: authority.files.certificate)
        )
        let client = try authority.issue("the client")
        let good = try shakeHands(
            client: TLSClientConfiguration(trust: trust, identity: client.identity),
            server: server
        )
        #expect(try good.server.get().session.peerSubject == "CN=the client")

        let none = try shakeHands(client: TLSClientConfiguration(trust: trust), server: server)
        let error = #expect(throws: SecureTunnelError.self) { try none.server.get() }
        #expect(error == .clientCertificateRequired(peer: "the other end of the pair"))
    }

    @Test(
        "reports a late refusal by its name, to readers and to writers",
        .timeLimit(.minutes(10)),
        arguments: [true, false]
    )
    func lateAlert(reading: Bool) throws {
        let authority = try CertificateAuthority()
        let stranger = try CertificateAuthority(name: "Stranger").issue("the client")
        let files = try authority.issue("localhost")
        let ends = try shakeHands(
            client: TLSClientConfiguration(
                trust: .authorities(pemFile: authority.files.certificate),
                identity: stranger.identity
            ),
            server: TLSServerConfiguration(
                identity: files.identity,
                clientTrust: .authorities(pemFile: authority.files.certificate)
            )
        )
        // With TLS 1.3 the client is done before the server has looked at its certificate.
        let client = try ends.client.get()
        let error = #expect(throws: TransportError.self) {
            if reading { _ = try client.read(upTo: 1) }
            for _ in 0..<100 { try client.write([UInt8](repeating: 0, count: 100_000)) }
        }
        #expect(
            error.flatMap { SecureTunnelError($0) }
                == .clientCertificateRefused(peer: client.peerDescription, reason: "unknown CA")
        )
    }

    @Test("says which file cannot be used and why")
    func badFiles() throws {
        let directory = try TemporaryDirectory()
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost")
        let other = try authority.issue("localhost")
        try ChildProcess.run("/bin/sh", ["-c", "echo nothing > \(directory.file("plain"))"])
        let encrypted = directory.file("encrypted.key")
        try ChildProcess.run(
            "/usr/bin/openssl",
            ["pkey", "-in", files.key, "-aes128", "-passout", "pass:secret", "-out", encrypted]
        )
        let plain = directory.file("plain")
        let missing = directory.file("missing")
        let cases: [(certificate: String, key: String, path: String, words: String)] = [
            (missing, files.key, missing, "No such file or directory"),
            (plain, files.key, plain, "contains no certificate"),
            (files.certificate, plain, plain, "private key"),
            (files.certificate, encrypted, encrypted, "unencrypted private key"),
            (files.certificate, other.key, other.key, "does not belong to the certificate"),
        ]
        for (certificate, key, path, words) in cases {
            let identity = TLSIdentity(certificateChainFile: certificate, privateKeyFile: key)
            let error = #expect(throws: SecureTunnelError.self) {
                try TLSContext(server: TLSServerConfiguration(identity: identity))
            }
            guard case .badFile(path, let reason) = error else { throw Unexpected(error) }
            #expect(reason.contains(words), "\(reason)")
        }
        #expect(throws: SecureTunnelError.badFile(path: plain, reason: "it contains no certificate in PEM format")) {
            try TLSContext(client: TLSClientConfiguration(trust: .authorities(pemFile: plain)))
        }
        #expect(throws: SecureTunnelError.self) {
            try TLSContext(client: TLSClientConfiguration(trust: .pinned(sha256: "12ab")))
        }
    }
}

/// An outcome that a test did not foresee.
struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ value: Any?) { description = "unexpected: \(value.map { "\($0)" } ?? "nothing")" }
}
