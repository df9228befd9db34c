import SecureTunnel
import TestSupport
import Testing
import Transport

/// Stunnel's rules, asked of our side and of the installed stunnel, as client and as server.
@Suite("Certificate rules InteropTests")
struct CertificateRulesInteropTests {
    private static let versions = [TLSVersion.tls12, .tls13]

    @Test("our server admits the clients that stunnel would", .timeLimit(.minutes(10)), arguments: RuleCase.table)
    func ourServer(rule: RuleCase) throws {
        let family = try CertificateFamily.shared()
        for member in CertificateFamily.Member.allCases {
            let ends = try shakeHands(
                client: TLSClientConfiguration(trust: .insecure, identity: family.files(member)?.identity),
                server: TLSServerConfiguration(
                    identity: try #require(family.files(.good)).identity,
                    clientTrust: .rules(rule.rules(family))
                )
            )
            let isIn = ends.server.failure == nil
            #expect(isIn == rule.passes.contains(member), "\(member): \(ends.server)")
        }
    }

    @Test("our client trusts the servers that stunnel would", .timeLimit(.minutes(10)), arguments: RuleCase.table)
    func ourClient(rule: RuleCase) throws {
        let family = try CertificateFamily.shared()
        for member in CertificateFamily.Member.allCases {
            guard let files = family.files(member) else { continue }
            let ends = try shakeHands(
                client: TLSClientConfiguration(trust: .rules(rule.rules(family))),
                server: TLSServerConfiguration(identity: files.identity),
                name: "whoever.example"
            )
            let isIn = ends.client.failure == nil
            #expect(isIn == rule.passes.contains(member), "\(member): \(ends.client)")
        }
    }

    @Test(
        "a stock stunnel server admits the same clients",
        .enabled(if: StunnelProcess.isInstalled, "stunnel4 is not installed"),
        .timeLimit(.minutes(10)),
        arguments: RuleCase.table
    )
    func stunnelServer(rule: RuleCase) throws {
        let family = try CertificateFamily.shared()
        let own = try #require(family.files(.good))
        let greeter = try GreetingServer()
        defer { greeter.stop() }
        let stunnel = try StunnelProcess(
            isClient: false,
            connectingTo: "\(greeter.address)",
            settings: ["cert = \(own.certificate)", "key = \(own.key)"] + rule.lines(family)
        )
        defer { stunnel.process.stop() }
        for version in Self.versions {
            for member in CertificateFamily.Member.allCases {
                var client = TLSClientConfiguration(trust: .insecure, identity: family.files(member)?.identity)
                client.maximumVersion = version
                let outcome = greeting(of: stunnel.port, as: try TLSContext(client: client))
                #expect((outcome == nil) == rule.passes.contains(member), "\(version) \(member): \(outcome as Any)")
                switch outcome {
                case nil: break
                case .clientCertificateRequired: #expect(member == .none)
                // Stunnel answers a wrong name with the alert of an internal error.
                case .alert(_, let name): #expect(name == "internal error" && !rule.lines.isEmpty)
                case .clientCertificateRefused: #expect(member != .none)
                default: throw Unexpected(outcome)
                }
            }
        }
    }

    @Test(
        "a stock stunnel client trusts the same servers",
        .enabled(if: StunnelProcess.isInstalled, "stunnel4 is not installed"),
        .timeLimit(.minutes(10)),
        arguments: RuleCase.table
    )
    func stunnelClient(rule: RuleCase) throws {
        let family = try CertificateFamily.shared()
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let stunnel = try StunnelProcess(
            isClient: true,
            connectingTo: "\(listener.address)",
            settings: rule.lines(family)
        )
        defer { stunnel.process.stop() }
        for version in Self.versions {
            for member in CertificateFamily.Member.allCases {
                guard let files = family.files(member) else { continue }
                var server = TLSServerConfiguration(identity: files.identity)
                server.maximumVersion = version
                let context = try TLSContext(server: server)
                let answer = try Background { () -> SecureTunnelError? in
                    let socket = try listener.accept(within: .seconds(10))
                    do throws(SecureTunnelError) {
                        let stream = try TLSStream.accept(over: socket, context: context, within: .seconds(10))
                        #expect(stream.session.version == (version == .tls12 ? "TLSv1.2" : "TLSv1.3"))
                        try greet(stream)
                        return nil
                    } catch {
                        return error
                    }
                }
                // A stunnel that is refused resets its caller, and can be quicker than the caller's connect.
                let plain = try? dial(HostPort(host: "127.0.0.1", port: stunnel.port), within: .seconds(10))
                let isIn = (try? plain?.read(upTo: 100)) == GreetingServer.words
                plain?.close()
                let refusal = try answer.value()
                #expect(isIn == rule.passes.contains(member), "\(version) \(member): \(refusal as Any)")
                #expect((refusal == nil) == isIn, "\(refusal as Any)")
            }
        }
    }

    @Test("refuses rules that nothing can satisfy")
    func badRules() throws {
        let family = try CertificateFamily.shared()
        func reason(_ rules: CertificateRules?) -> String {
            let error = #expect(throws: SecureTunnelError.self) {
                try TLSContext(client: TLSClientConfiguration(trust: .rules(try #require(rules))))
            }
            return error?.description ?? ""
        }
        #expect(CertificateRules(level: 5) == nil && CertificateRules(level: -1) == nil)
        #expect(reason(CertificateRules(level: 2)).contains("CAfile or CApath"))
        var unverified = CertificateRules()
        unverified.hosts = ["good.example"]
        #expect(reason(unverified).contains("verifyChain or verifyPeer"))
        var wrong = CertificateRules(verifiesChain: true)
        wrong.authoritiesFile = family.trusted("root")
        wrong.addresses = ["good.example"]
        #expect(reason(wrong).contains("not an IP address"))
        wrong.addresses = []
        wrong.authoritiesDirectory = family.trusted("root")
        #expect(reason(wrong).contains("not a directory"))
        wrong.authoritiesDirectory = family.hashed + "/missing"
        #expect(reason(wrong).contains("No such file"))
    }
}
