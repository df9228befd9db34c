import SecureTunnel
import Testing

@testable import TransferAgent

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

    @Test("a target that always presents its own certificate is not suspected")
    func acquitted() {
        let own = ShownService(certificate: Self.own, greeting: daemon)
        let other = ShownService(certificate: Self.shown("own", isFor: false), greeting: daemon)
        #expect(verdict(own, invented: other, direct: own) == .ownCertificate)
        #expect(verdict(own, invented: nil, direct: nil) == .ownCertificate)
        #expect(verdict(nil, invented: nil, direct: nil) == .ownCertificate)
        // Its own wildcard, with a daemon after it.
        let wildcard = ShownService(certificate: Self.own, greeting: daemon)
        #expect(verdict(wildcard, invented: wildcard, direct: wildcard) == .ownCertificate)
        // A client certificate is wanted: nothing is known of what is behind.
        let closed = ShownService(certificate: Self.own, greeting: nil)
        #expect(verdict(closed, invented: closed, direct: closed) == .ownCertificate)
    }

    @Test("a certificate issued for an invented name reveals a proxy, and so does a different one on the direct path")
    func convicted() {
        let forged = ShownService(certificate: Self.own, greeting: daemon)
        let minted = ShownService(certificate: Self.shown("minted", isFor: true), greeting: daemon)
        guard case .intercepted = verdict(forged, invented: minted, direct: nil) else {
            Issue.record("the invented name did not convict")
            return
        }
        let real = ShownService(certificate: Self.shown("real", issuer: "CN=Other", isFor: true), greeting: daemon)
        guard case .intercepted = verdict(forged, invented: nil, direct: real) else {
            Issue.record("the direct path did not convict")
            return
        }
        #expect(verdict(forged, invented: nil, direct: real, hasProxy: false) == .ownCertificate)
    }

    @Test("a wildcard certificate with silence behind it, and anything that speaks HTTP, is a router")
    func router() {
        let waiting = ShownService(certificate: Self.own, greeting: [])
        #expect(verdict(waiting, invented: waiting, direct: nil) == .routedElsewhere(Self.own))
        let narrow = Self.shown("own", isFor: false)
        let web = ShownService(certificate: narrow, greeting: Array("HTTP/1.0 400 Bad\r\n".utf8))
        #expect(verdict(web, invented: web, direct: nil) == .routedElsewhere(narrow))
        let silent = ShownService(certificate: narrow, greeting: [])
        #expect(verdict(silent, invented: silent, direct: nil) == .ownCertificate)
    }

    @Test("an invented name is a sibling of the real one, and none is invented for an address")
    func invented() {
        #expect(TrustDiagnosis.inventedName(beside: "a.apps.example").hasSuffix(".apps.example"))
        #expect(TrustDiagnosis.inventedName(beside: "10.0.0.7").hasSuffix(".invalid"))
        #expect(TrustDiagnosis.inventedName(beside: "fd00::1").hasSuffix(".invalid"))
        #expect(TrustDiagnosis.inventedName(beside: "localhost").hasSuffix(".invalid"))
        let names = (0..<100).map { _ in TrustDiagnosis.inventedName(beside: "x") }
        #expect(Set(names).count == 100)
    }
}
