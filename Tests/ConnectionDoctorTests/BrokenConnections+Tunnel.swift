import AgentTestSupport
import Foundation
import SecureTunnel
import TestSupport
import TransferAgent
import Transport

@testable import ConnectionDoctor

extension BrokenConnection {
    /// Connections with faulty TLS.
    static let tunnels: [BrokenConnection] = [
        BrokenConnection(failure: .notTLS, check: .tls, title: "the plain port") { parts in
            parts.settings.target = "127.0.0.1:\(parts.target.service.plainPort ?? 0)"
            return []
        },
        BrokenConnection(failure: .tlsVersion, check: .tls, title: "openssl s_server with TLS 1.1 only") { parts in
            try parts.goToOpenSSL(["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
        },
        BrokenConnection(failure: .noCommonCipher, check: .tls, title: "openssl s_server with an old cipher only") {
            parts in
            try parts.goToOpenSSL(["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"])
        },
        BrokenConnection(failure: .alert, check: .tls, title: "an alert") { parts in
            try parts.goToServer(answeringHelloWith: bytes(hex: "15 0303 0002 0250  # fatal: internal error"))
        },
        BrokenConnection(failure: .unknownIdentity, check: .tls, title: "an alert about a PSK identity") { parts in
            try parts.goToServer(answeringHelloWith: bytes(hex: "15 0303 0002 0273  # fatal: unknown PSK identity"))
        },
        BrokenConnection(failure: .handshakeEnded, check: .tls, title: "a server that hangs up on the hello") { parts in
            try parts.goToServer(answeringHelloWith: [])
        },
        BrokenConnection(failure: .handshakeSilent, check: .tls, title: "a server that never answers the hello") {
            parts in
            parts.settings.stepLimit = .milliseconds(500)
            return parts.go(to: try ScriptedServer { stream in while try !stream.read(upTo: 4096).isEmpty {} })
        },
        BrokenConnection(failure: .clientCertificateRequired, check: .greeting, title: "a target that asks who we are")
        {
            parts in
            let server = try ScriptedServer(tls: try parts.leaf(), clientsOf: parts.authority.files) { _ in }
            return parts.go(to: server)
        },
        BrokenConnection(failure: .tunnelBroken, check: .volume, title: "an end without close_notify") { parts in
            let context = try serverContext(try parts.leaf())
            return parts.go(
                to: try ScriptedServer { socket in
                    let stream = try TLSStream.accept(over: socket, context: context, within: .seconds(10))
                    try stream.write(greeting)
                    _ = try stream.read(through: "\n")
                    _ = try stream.read(through: "\n")
                    try socket.closeWrite()
                    while try !socket.read(upTo: 4096).isEmpty {}
                }
            )
        },
    ]

    /// Connections with a faulty certificate.
    static let certificates: [BrokenConnection] = [
        BrokenConnection(failure: .unknownAuthority, check: .certificate, title: "an authority that is not ours") {
            parts in
            let other = try CertificateAuthority(name: "Another")
            parts.settings.trust = .authorities(other.files.certificate)
            return [other]
        },
        BrokenConnection(failure: .certificateExpired, check: .certificate, title: "an expired certificate") { parts in
            try parts.show(validUntil: "20210101000000Z")
        },
        BrokenConnection(failure: .certificateNotYetValid, check: .certificate, title: "a certificate of the future") {
            parts in
            try parts.show(validFrom: "20480101000000Z")
        },
        BrokenConnection(failure: .wrongName, check: .certificate, title: "another name") { parts in
            parts.settings.serverName = "elsewhere.example"
            return []
        },
        BrokenConnection(failure: .pinMismatch, check: .certificate, title: "another certificate than the pinned one") {
            parts in
            parts.settings.trust = .pin(String(repeating: "00", count: 32))
            return []
        },
        BrokenConnection(failure: .certificateRefused, check: .certificate, title: "a certificate for clients") {
            parts in
            try parts.show(names: "IP:127.0.0.1\nextendedKeyUsage = clientAuth")
        },
        BrokenConnection(failure: .intercepted, check: .certificate, title: "a proxy that opens TLS") { parts in
            let proxy = try InterceptingProxy()
            parts.settings.proxy = proxy.url
            parts.settings.target = "localhost:\(parts.target.service.port)"
            return [proxy]
        },
        BrokenConnection(failure: .routedElsewhere, check: .certificate, title: "a router's own certificate") { parts in
            let router = try CertificateAuthority(name: "router")
            let own = try router.issue("*.apps.example", alternativeNames: "DNS:*.apps.example")
            parts.settings.serverName = "dvm-ns.apps.example"
            return [router] + parts.go(to: try ScriptedServer(tls: own) { stream in _ = try stream.read(upTo: 1) })
        },
    ]

    private static func serverContext(_ files: CertificateFiles) throws -> TLSContext {
        let identity = TLSIdentity(certificateChainFile: files.certificate, privateKeyFile: files.key)
        return try TLSContext(server: TLSServerConfiguration(identity: identity))
    }
}

extension ConnectionParts {
    /// A target whose certificate is not right.
    fileprivate func show(
        names: String = "IP:127.0.0.1",
        validFrom: String = "20200101000000Z",
        validUntil: String = "20490101000000Z"
    ) throws -> [any Sendable] {
        let leaf = try authority.issue(
            "localhost",
            alternativeNames: names,
            validFrom: validFrom,
            validUntil: validUntil
        )
        return go(to: try ScriptedServer(tls: leaf) { _ in })
    }
}
