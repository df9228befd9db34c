import SecureTunnel
import TestSupport
import Testing
import Transport

@Suite("Pre-shared keys")
struct PreSharedKeyTests {
    private static let versions = [TLSVersion.tls12, .tls13]

    @Test(
        "authenticate a client to a server without a certificate",
        .timeLimit(.minutes(10)),
        arguments: [
            (TLSVersion.tls12, nil, "one"), (.tls12, "two", "two"), (.tls13, nil, "one"), (.tls13, "two", "two"),
            (.tls13, "three", "three"),
        ]
    )
    func proves(version: TLSVersion, chosen: String?, identity: String) throws {
        let long = "three:" + String(repeating: "long", count: 128)
        let text = "one:0123456789abcdefghij\ntwo:000102030405060708090A0b0c0d0e0f\n" + long
        var client = TLSClientConfiguration(trust: .preSharedKey)
        client.preSharedKeys = try keys(text)
        client.preSharedKeyIdentity = chosen
        client.maximumVersion = version
        let ends = try shakeHands(client: client, server: TLSServerConfiguration(preSharedKeys: try keys(text)))
        let near = try ends.client.get()
        let far = try ends.server.get()
        #expect(near.session.version == (version == .tls12 ? "TLSv1.2" : "TLSv1.3"))
        for session in [near.session, far.session] {
            #expect(session.preSharedKeyIdentity == identity)
            #expect(session.peerSHA256 == nil && !session.isResumed)
        }
        try far.write([1, 2, 3])
        #expect(try near.read(upTo: 10) == [1, 2, 3])
    }

    @Test("report an unknown identity on both sides", .timeLimit(.minutes(10)), arguments: versions)
    func unknownIdentity(version: TLSVersion) throws {
        let ends = try shake("nobody:0123456789abcdefghij", "one:0123456789abcdefghij", version)
        let seen = #expect(throws: SecureTunnelError.self) { try ends.server.get() }
        #expect(seen == .preSharedKeyUnknown(peer: "the other end of the pair", identity: "nobody"))
        let error = #expect(throws: SecureTunnelError.self) { try ends.client.get() }
        let peer = "the other end of the pair"
        // TLS 1.3 servers without a certificate say only that nothing fits.
        #expect(
            error
                == (version == .tls12
                    ? .preSharedKeyUnknown(peer: peer, identity: "nobody")
                    : .preSharedKeyRefused(peer: peer, identity: "nobody"))
        )
    }

    @Test("report a wrong key on both sides", .timeLimit(.minutes(10)), arguments: versions)
    func wrongKey(version: TLSVersion) throws {
        let ends = try shake("one:0123456789abcdefghij", "one:0123456789abcdefghiJ", version)
        let expected = SecureTunnelError.preSharedKeyMismatch(peer: "the other end of the pair", identity: "one")
        #expect(throws: expected) { try ends.server.get() }
        #expect(throws: expected) { try ends.client.get() }
    }

    @Test("can be combined with certificates on both sides", .timeLimit(.minutes(10)), arguments: versions)
    func besideCertificates(version: TLSVersion) throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost")
        let trust = PeerTrust.authorities(pemFile: authority.files.certificate)
        let known = "one:0123456789abcdefghij"
        var server = TLSServerConfiguration(identity: files.identity, clientTrust: trust)
        server.preSharedKeys = try keys(known)
        server.maximumVersion = version

        var byKey = TLSClientConfiguration(trust: .preSharedKey)
        byKey.preSharedKeys = try keys(known)
        #expect(try shakeHands(client: byKey, server: server).server.get().session.preSharedKeyIdentity == "one")

        let byCertificate = TLSClientConfiguration(trust: trust, identity: try authority.issue("client").identity)
        let session = try shakeHands(client: byCertificate, server: server).server.get().session
        #expect(session.preSharedKeyIdentity == nil && session.peerSubject == "CN=client")

        let byNothing = try shakeHands(client: TLSClientConfiguration(trust: trust), server: server)
        #expect(byNothing.server.failure == .clientCertificateRequired(peer: "the other end of the pair"))

        // A client that trusts either is content with the certificate when its key is not known.
        var byEither = TLSClientConfiguration(trust: trust, identity: byCertificate.identity)
        byEither.preSharedKeys = try keys("nobody:0123456789abcdefghij")
        let either = try shakeHands(client: byEither, server: server)
        if version == .tls13 {
            #expect(try either.client.get().session.peerSubject == "CN=localhost")
        } else {
            #expect(
                either.server.failure == .preSharedKeyUnknown(peer: "the other end of the pair", identity: "nobody")
            )
        }
    }

    @Test("are not replaced by an untrusted client certificate", .timeLimit(.minutes(10)), arguments: versions)
    func stranger(version: TLSVersion) throws {
        let files = try CertificateAuthority().issue("localhost")
        var server = TLSServerConfiguration(identity: files.identity)
        server.maximumVersion = version
        var client = TLSClientConfiguration(trust: .preSharedKey)
        client.preSharedKeys = try keys("one:0123456789abcdefghij")
        let ends = try shakeHands(client: client, server: server)
        let peer = "the other end of the pair"
        #expect(ends.client.failure == .preSharedKeyRefused(peer: peer, identity: "one"))
        #expect(ends.server.failure != nil)
    }

    @Test("are required of every client when the server says so", .timeLimit(.minutes(10)), arguments: versions)
    func required(version: TLSVersion) throws {
        let files = try CertificateAuthority().issue("localhost")
        var server = TLSServerConfiguration(identity: files.identity, clientTrust: .preSharedKey)
        server.preSharedKeys = try keys("one:0123456789abcdefghij")
        server.maximumVersion = version
        let ends = try shakeHands(client: TLSClientConfiguration(trust: .insecure), server: server)
        #expect(ends.server.failure == .preSharedKeyRequired(peer: "the other end of the pair"))
        // The same without any certificate.
        server.clientTrust = nil
        server.identity = nil
        let bare = try shakeHands(client: TLSClientConfiguration(trust: .insecure), server: server)
        #expect(bare.server.failure == .preSharedKeyRequired(peer: "the other end of the pair"))
    }

    @Test("no cipher without authentication is accepted", .timeLimit(.minutes(10)))
    func anonymous() throws {
        let files = try CertificateAuthority().issue("localhost")
        let anonymous = "ADH-AES128-GCM-SHA256:@SECLEVEL=0"
        var server = TLSServerConfiguration(identity: files.identity)
        server.maximumVersion = .tls12
        server.ciphers = anonymous
        var client = TLSClientConfiguration(trust: .authorities(pemFile: files.certificate))
        client.ciphers = anonymous
        let doubtful = try shakeHands(client: client, server: server)
        #expect(doubtful.client.failure == .noCertificate)

        client.trust = .insecure
        server.clientTrust = .preSharedKey
        server.preSharedKeys = try keys("one:0123456789abcdefghij")
        let strict = try shakeHands(client: client, server: server)
        #expect(strict.server.failure == .preSharedKeyRequired(peer: "the other end of the pair"))
    }

    @Test(
        "are read as stunnel reads them",
        arguments: [
            ("one:0123456789abcdef0", "1 pre-shared key"), ("\n\na:0123456789abcdef0\r\n\r\nb:0123456789abcdef0", "2"),
            (" a b : 0123456789:bcdef", "1"), ("# one:0123456789abcdef0", "1"),
            ("one:0123456789abcdef0123456789ABCDEF", "1"),
            (
                "one:0123456789abcdef", "line 1: the key is shorter than 16 bytes"
            ),
            ("one:0123456789abcdeg", "1"),
            ("one:0123456789abcdef0123456789abcd", "line 1: the key is shorter"),
            ("one:0123456789abcde", "line 1: the key is shorter"), ("one:", "line 1: the key is shorter"),
            ("one", "line 1: not IDENTITY:KEY"), ("\n:0123456789abcdef0", "line 2: not IDENTITY"),
            ("", "it contains no key"), ("\r\n\n", "it contains no key"),
            ("a:0123456789abcdef0\na:0123456789abcdef1", "line 2: duplicate identity"),
            (String(repeating: "i", count: 256) + ":0123456789abcdef0", "line 1: the identity is longer than 255"),
            ("one:" + String(repeating: "k", count: 513), "line 1: the key is longer than 512"),
            ("o\0e:0123456789abcdef0", "line 1: the identity contains a NUL byte"),
        ]
    )
    func reads(text: String, words: String) throws {
        do {
            #expect("\(try keys(text))".contains(words))
        } catch let error as SecureTunnelError {
            #expect(error.description.contains(words), "\(error)")
            #expect(!"\(error)".contains("0123456"), "an error quotes no key")
        }
    }

    @Test("come from a file that others cannot read")
    func files() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("keys")
        try ChildProcess.run("/bin/sh", ["-c", "umask 022; echo one:0123456789abcdef0 > \(path)"])
        let reason = "other users can read it"
        #expect(throws: SecureTunnelError.badFile(path: path, reason: reason)) { try PreSharedKeys(file: path) }
        #expect(try PreSharedKeys(file: path, exposure: .readable).warning == "\(path): \(reason)")
        let lenient = try PreSharedKeys(file: path, exposure: .warned)
        #expect(lenient.warning == "\(path): other users can read or change it")
        #expect(try TLSContext(server: TLSServerConfiguration(preSharedKeys: lenient)).warnings.count == 1)
        try ChildProcess.run("/bin/chmod", ["640", path])
        #expect(try PreSharedKeys(file: path, exposure: .warned).warning == nil)
        #expect(try PreSharedKeys(file: path, exposure: .readable).warning == "\(path): its group can read it")
        try ChildProcess.run("/bin/chmod", ["600", path])
        #expect(try PreSharedKeys(file: path).warning == nil)
        #expect(throws: SecureTunnelError.badFile(path: directory.file(""), reason: "it is not a regular file")) {
            try PreSharedKeys(file: directory.file(""))
        }
        var dumped = ""
        dump(lenient, to: &dumped)
        #expect(!dumped.contains("0123456"))
    }

    @Test("that cannot be used are refused before a connection")
    func settings() throws {
        func reason(_ body: () throws -> TLSContext) -> String {
            #expect(throws: SecureTunnelError.self) { try body() }?.description ?? ""
        }
        #expect(reason { try TLSContext(server: TLSServerConfiguration()) }.contains("a certificate and its key, or"))
        #expect(
            reason { try TLSContext(client: TLSClientConfiguration(trust: .preSharedKey)) }.contains("file of keys")
        )
        var client = TLSClientConfiguration(trust: .preSharedKey)
        client.preSharedKeys = try keys("one:0123456789abcdef0")
        client.preSharedKeyIdentity = "two"
        let unknown = "identity \"two\" not found in the file (1 pre-shared key)"
        #expect(reason { try TLSContext(client: client) }.contains(unknown))
    }

    private func shake(
        _ client: String,
        _ server: String,
        _ version: TLSVersion
    ) throws -> (client: Result<TLSStream, SecureTunnelError>, server: Result<TLSStream, SecureTunnelError>) {
        var near = TLSClientConfiguration(trust: .preSharedKey)
        near.preSharedKeys = try keys(client)
        near.maximumVersion = version
        return try shakeHands(client: near, server: TLSServerConfiguration(preSharedKeys: try keys(server)))
    }
}

/// Keys from text.
func keys(_ text: String) throws -> PreSharedKeys { try PreSharedKeys(lines: Array(text.utf8).span) }
