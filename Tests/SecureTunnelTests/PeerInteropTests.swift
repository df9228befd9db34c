import SecureTunnel
import TestSupport
import Testing
import Transport

/// Certificates, in both directions, against `openssl s_client` and `s_server`.
@Suite("openssl InteropTests")
struct PeerInteropTests {
    private static let versions = ["-tls1_2", "-tls1_3"]

    @Test("s_server presents its certificate, and we verify it", .timeLimit(.minutes(10)), arguments: versions)
    func sServer(version: String) throws {
        let family = try CertificateFamily.shared()
        func rules(_ level: Int, _ file: String?, hosts: [String] = [], addresses: [String] = []) throws -> PeerTrust {
            var rules = try #require(CertificateRules(level: level))
            rules.authoritiesFile = file.map(family.trusted)
            rules.authoritiesDirectory = file == nil ? family.hashed : nil
            (rules.hosts, rules.addresses) = (hosts, addresses)
            return .rules(rules)
        }
        let good = try #require(family.files(.good))
        let pin = try good.sha256()
        // Called as `good.example`.
        let cases: [(CertificateFamily.Member, PeerTrust, Bool)] = [
            (.good, .authorities(pemFile: family.trusted("root")), true),
            (.good, .authorities(pemFile: family.trusted("expired")), false),
            (.deep, .authorities(pemFile: family.trusted("root")), false),
            (.good, .pinned(sha256: pin), true), (.strange, .pinned(sha256: pin), false),
            (.good, try rules(2, nil), true), (.deep, try rules(2, nil), true), (.strange, try rules(2, nil), false),
            (.good, try rules(2, "root", hosts: ["x.example", "good.example"]), true),
            (.good, try rules(2, "root", hosts: ["x.example"]), false),
            (.good, try rules(2, "root", addresses: ["127.0.0.1", "::1"]), true),
            (.good, try rules(2, "root", addresses: ["127.0.0.2"]), false),
            (.good, try rules(4, nil), true), (.deep, try rules(4, nil), false),
        ]
        for member in [CertificateFamily.Member.good, .deep, .strange] {
            let files = try #require(family.files(member))
            let port = freePort()
            let server = try ChildProcess(
                "/usr/bin/openssl",
                ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", files.certificate, "-key", files.key]
                    + ["-cert_chain", files.certificate, "-rev", version]
            )
            defer { server.stop() }
            try server.waitForOutput("ACCEPT")
            for (shown, trust, isBelieved) in cases where shown == member {
                let context = try TLSContext(client: TLSClientConfiguration(trust: trust))
                let answer = reversed(by: port, as: context)
                #expect((answer == nil) == isBelieved, "\(member) \(trust): \(answer as Any)")
            }
        }
    }

    @Test(
        "s_server requires a certificate, and reports when ours is not accepted",
        .timeLimit(.minutes(10)),
        arguments: versions
    )
    func mutualServer(version: String) throws {
        let family = try CertificateFamily.shared()
        let files = try #require(family.files(.good))
        let port = freePort()
        let server = try ChildProcess(
            "/usr/bin/openssl",
            [
                "s_server", "-accept", "127.0.0.1:\(port)", "-cert", files.certificate, "-key", files.key, "-rev",
                version,
            ]
                + ["-Verify", "3", "-verify_return_error", "-CAfile", family.trusted("root")]
        )
        defer { server.stop() }
        try server.waitForOutput("ACCEPT")
        for member in CertificateFamily.Member.allCases {
            let client = TLSClientConfiguration(trust: .insecure, identity: family.files(member)?.identity)
            let answer = reversed(by: port, as: try TLSContext(client: client))
            switch (member, answer) {
            case (.good, nil), (.deep, nil), (.none, .clientCertificateRequired): break
            case (.strange, .clientCertificateRefused(_, let reason)): #expect(reason == "unknown CA")
            case (.expired, .clientCertificateRefused(_, let reason)): #expect(reason == "certificate expired")
            default: Issue.record("\(member): \(answer as Any)")
            }
        }
    }

    @Test("s_client presents its certificate, and we verify it", .timeLimit(.minutes(10)), arguments: versions)
    func mutualClient(version: String) throws {
        let family = try CertificateFamily.shared()
        let files = try #require(family.files(.good))
        var rules = CertificateRules(verifiesChain: true)
        rules.authoritiesDirectory = family.hashed
        let pin = PeerTrust.pinned(sha256: try files.sha256())
        for (trust, passes) in [(PeerTrust.rules(rules), [.good, .deep]), (pin, [CertificateFamily.Member.good])] {
            let context = try TLSContext(
                server: TLSServerConfiguration(identity: files.identity, clientTrust: trust)
            )
            for member in CertificateFamily.Member.allCases {
                let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
                var arguments = ["s_client", "-connect", "\(listener.address)", version, "-quiet"]
                arguments += ["-CAfile", family.trusted("root"), "-verify_return_error"]
                arguments += ["-verify_hostname", "good.example"]
                if let own = family.files(member) {
                    arguments += ["-cert", own.certificate, "-key", own.key, "-cert_chain", own.certificate]
                }
                let client = try ChildProcess("/usr/bin/openssl", arguments)
                defer { client.stop() }
                let socket = try listener.accept(within: .seconds(10))
                let outcome = Result { () throws(SecureTunnelError) in
                    try TLSStream.accept(over: socket, context: context, within: .seconds(10))
                }
                #expect((outcome.failure == nil) == passes.contains(member), "\(member): \(outcome)")
                guard case .success(let stream) = outcome else { continue }
                try stream.write(GreetingServer.words)
                try client.waitForOutput("welcome")
                try stream.closeWrite()
                stream.close()
            }
        }
    }

    @Test("s_client requests a renegotiation without success", .timeLimit(.minutes(10)))
    func renegotiation() throws {
        let family = try CertificateFamily.shared()
        let files = try #require(family.files(.good))
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let context = try TLSContext(server: TLSServerConfiguration(identity: files.identity))
        let client = try ChildProcess("/usr/bin/openssl", ["s_client", "-connect", "\(listener.address)", "-tls1_2"])
        defer { client.stop() }
        let stream = try TLSStream.accept(
            over: try listener.accept(within: .seconds(10)),
            context: context,
            within: .seconds(10)
        )
        client.send("R\n")
        stream.readTimeout = .seconds(10)
        let error = #expect(throws: TransportError.self) {
            while try !stream.read(upTo: 100).isEmpty {}
        }
        guard case .violation(_, let reason) = error.flatMap({ SecureTunnelError($0) }) else { throw Unexpected(error) }
        #expect(reason.contains("renegotiation"))
        try client.waitForOutput("no renegotiation")
        stream.close()
    }

    /// Has a word turned round by `s_server -rev`.
    ///
    /// - Returns: Why that did not work; nil when it did.
    private func reversed(by port: UInt16, as context: TLSContext) -> SecureTunnelError? {
        do throws(TransportError) {
            let socket = try dial(HostPort(host: "127.0.0.1", port: port), within: .seconds(10))
            do throws(SecureTunnelError) {
                let stream = try TLSStream.connect(
                    over: socket,
                    context: context,
                    serverName: "good.example",
                    within: .seconds(10)
                )
                defer { stream.close() }
                do throws(TransportError) {
                    try stream.write(Array("desrever\n".utf8))
                    let answer = try stream.read(upTo: 100)
                    try stream.closeWrite()
                    return answer == Array("reversed\n".utf8) ? nil : .truncated(peer: "another answer")
                } catch {
                    throw SecureTunnelError(error) ?? .transport(error)
                }
            } catch {
                return error
            }
        } catch {
            return .transport(error)
        }
    }
}
