import SecureTunnel
import Synchronization
import TestSupport
import Testing

@testable import TransferAgent

@Suite("Interception", .serialized, .timeLimit(.minutes(10)))
struct InterceptionTests {
    private let target: Target
    private var settings: TransferSettings

    init() async throws {
        target = try await offPool { try Target() }
        settings = target.settings
        settings.target = "localhost:\(target.service.port)"
    }

    @Test(
        "a proxy that opens TLS is named, whatever the target is believed for, and gets nothing",
        arguments: ["authority", "pin"]
    )
    func opened(trust: String) async throws {
        let proxy = try await offPool { try InterceptingProxy() }
        var settings = settings
        settings.proxy = proxy.url
        if trust == "pin" { settings.trust = .pin(String(repeating: "ab", count: 32)) }
        let (failure, _) = try await examine(settings, .none)
        #expect(failure?.failure == .intercepted)
        #expect(failure?.observed.contains("CN=Corporate Inspection") == true)
        #expect(failure?.observed.contains("invented") == true)
        let outcome = try #require(try await transfer(settings).first)
        #expect(outcome.error?.failure == .intercepted)
        #expect(proxy.eavesdropped.withLock { $0 } == 0)
    }

    @Test("a proxy that copies the target's name is told by the road without it")
    func copied() async throws {
        let proxy = try await offPool { try InterceptingProxy(mint: .always("localhost")) }
        var settings = settings
        settings.proxy = proxy.url
        let (failure, _) = try await examine(settings, .none)
        #expect(failure?.failure == .intercepted)
        #expect(failure?.observed.contains("without the proxy") == true)
    }

    @Test("a product for opening TLS is known by its name, also where no proxy is set, and when nobody is verified")
    func product() async throws {
        let forged = try await offPool {
            let zscaler = try CertificateAuthority(name: "Zscaler Intermediate Root CA")
            return try zscaler.issue("localhost", alternativeNames: "DNS:localhost")
        }
        let server = try ScriptedServer(tls: forged) { stream in try stream.write("@RSYNCD: 31.0\n") }
        var settings = settings
        settings.target = "localhost:\(server.port)"
        #expect(try await examine(settings, .none).failure?.failure == .intercepted)
        settings.trust = .insecure
        #expect(try await examine(settings, .none).failure?.failure == .intercepted)
        withExtendedLifetime(server) {}
    }

    @Test(
        "a proxy that passes TLS through carries a doctor and a transfer",
        .enabled(if: ProxyProcess.Program.allCases.allSatisfy(\.isInstalled), "a proxy is not installed"),
        arguments: ProxyProcess.Program.allCases
    )
    func passed(program: ProxyProcess.Program) async throws {
        let port = target.service.port
        let proxy = try await offPool { try ProxyProcess(program, connectPorts: [port]) }
        defer { proxy.process.stop() }
        var settings = settings
        settings.proxy = "http://mover:\(program.password)@127.0.0.1:\(proxy.port)"
        let (failure, lines) = try await examine(settings, .none)
        #expect(failure == nil)
        #expect(lines.contains { $0.contains("\"rung\":\"proxy\"") && $0.contains("\"ok\"") })
        #expect(try await transfer(settings).worstExitCode == 0)
        // The wrong authority behind such a proxy is a wrong authority, not a crime of the proxy.
        let other = try await offPool { try CertificateAuthority(name: "Another") }
        settings.trust = .authorities(other.files.certificate)
        #expect(try await examine(settings, .none).failure?.failure == .unknownAuthority)
        settings.trust = .authorities(target.authority.files.certificate)
        settings.serverName = "elsewhere.example"
        #expect(try await examine(settings, .none).failure?.failure == .wrongName)
        withExtendedLifetime(other) {}
    }
}

@Suite("TrustDiagnosis")
struct TrustDiagnosisTests {
    private static let own = ShownCertificate(
        subject: "CN=target",
        issuer: "CN=Some Authority",
        names: ["t.example"],
        sha256: "own",
        isForCalledName: true
    )

    private static func shown(_ sha256: String, issuer: String = "CN=Some Authority", isFor: Bool) -> ShownCertificate {
        ShownCertificate(subject: "CN=x", issuer: issuer, names: [], sha256: sha256, isForCalledName: isFor)
    }

    private func verdict(
        _ first: ShownService?,
        invented: ShownService?,
        direct: ShownService?,
        hasProxy: Bool = true
    ) -> TrustDiagnosis.Verdict {
        TrustDiagnosis(serverName: "t.example", hasProxy: hasProxy) { name, isDirect in
            if isDirect { return direct }
            return name == "t.example" ? first : invented
        }.run()
    }

    private let daemon = Array("@RSYNCD: 31.0\n".utf8)

    @Test("a target that shows its own certificate to everybody is acquitted")
    func acquitted() {
        let own = ShownService(certificate: Self.own, greeting: daemon)
        let other = ShownService(certificate: Self.shown("own", isFor: false), greeting: daemon)
        #expect(verdict(own, invented: other, direct: own) == .ownCertificate)
        #expect(verdict(own, invented: nil, direct: nil) == .ownCertificate)
        #expect(verdict(nil, invented: nil, direct: nil) == .ownCertificate)
        // A wildcard of its own, with a daemon behind it.
        let wildcard = ShownService(certificate: Self.own, greeting: daemon)
        #expect(verdict(wildcard, invented: wildcard, direct: wildcard) == .ownCertificate)
        // A client certificate is wanted: nothing is known of what is behind.
        let closed = ShownService(certificate: Self.own, greeting: nil)
        #expect(verdict(closed, invented: closed, direct: closed) == .ownCertificate)
    }

    @Test("a certificate made for an invented name convicts, and so does another one on the direct road")
    func convicted() {
        let forged = ShownService(certificate: Self.own, greeting: daemon)
        let minted = ShownService(certificate: Self.shown("minted", isFor: true), greeting: daemon)
        guard case .intercepted = verdict(forged, invented: minted, direct: nil) else {
            Issue.record("the invented name did not convict")
            return
        }
        let real = ShownService(certificate: Self.shown("real", issuer: "CN=Other", isFor: true), greeting: daemon)
        guard case .intercepted = verdict(forged, invented: nil, direct: real) else {
            Issue.record("the direct road did not convict")
            return
        }
        #expect(verdict(forged, invented: nil, direct: real, hasProxy: false) == .ownCertificate)
    }

    @Test("a wildcard that waits, and anything that speaks HTTP, is a router")
    func router() {
        let waiting = ShownService(certificate: Self.own, greeting: [])
        #expect(verdict(waiting, invented: waiting, direct: nil) == .routedElsewhere(Self.own))
        let narrow = Self.shown("own", isFor: false)
        let web = ShownService(certificate: narrow, greeting: Array("HTTP/1.0 400 Bad\r\n".utf8))
        #expect(verdict(web, invented: web, direct: nil) == .routedElsewhere(narrow))
        let silent = ShownService(certificate: narrow, greeting: [])
        #expect(verdict(silent, invented: silent, direct: nil) == .ownCertificate)
    }

    @Test("an invented name lies beside the real one, and nowhere for an address")
    func invented() {
        #expect(TrustDiagnosis.inventedName(beside: "a.apps.example").hasSuffix(".apps.example"))
        #expect(TrustDiagnosis.inventedName(beside: "10.0.0.7").hasSuffix(".invalid"))
        #expect(TrustDiagnosis.inventedName(beside: "fd00::1").hasSuffix(".invalid"))
        #expect(TrustDiagnosis.inventedName(beside: "localhost").hasSuffix(".invalid"))
        let names = (0..<100).map { _ in TrustDiagnosis.inventedName(beside: "x") }
        #expect(Set(names).count == 100)
    }
}
