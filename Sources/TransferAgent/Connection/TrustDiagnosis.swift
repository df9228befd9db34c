package import SecureTunnel

/// Determines why a certificate was not trusted, by further connections.
///
/// A certificate that is not trusted may be the target's own (a wrong `--ca`), that of a proxy that intercepts TLS, or
/// that of a router without a route for the name. One handshake cannot tell; several, which carry no data, can:
///
/// 1. **A name invented a moment ago.** An intercepting proxy issues a certificate for every requested name: it has one
/// for the
///    invented name too, from the same issuer. A target shows its own certificate, or none.
/// 2. **The same target without the proxy**, where it can be reached so: another certificate there means that the one
/// on the
///    proxy's path is forged.
/// 3. **Issuers** of TLS inspection products, and certificates that routers are known to present without a
/// route. 4. **What is after it.** A router answers with HTTP, or waits; a target greets as an rsync daemon at once.
///
/// Otherwise it is assumed to be the target's own certificate. A proxy that copies the names
/// of the real certificate into the forged one, on a network without another path, under an unknown issuer, cannot be
/// distinguished from a wrong `--ca`.
package struct TrustDiagnosis {
    /// Returns what answers to a name; nil when nothing does.
    typealias Look = (_ name: String, _ isDirect: Bool) -> ShownService?

    /// What was found.
    package enum Verdict: Equatable {
        /// Something on the connection path intercepts TLS; `evidence` says how that is known.
        case intercepted(ShownCertificate, evidence: String)
        /// A router answered in place of the target.
        case routedElsewhere(ShownCertificate)
        /// The certificate seems to be the target's own.
        case ownCertificate
    }

    /// The name that is connected to.
    let serverName: String
    /// Whether a proxy is used.
    let hasProxy: Bool
    let look: Look

    /// Runs the diagnosis.
    ///
    /// - Returns: The verdict.
    package func run() -> Verdict {
        guard let service = look(serverName, false) else { return .ownCertificate }
        let shown = service.certificate
        if InspectionNames.isInspector(issuer: shown.issuer) {
            return .intercepted(shown, evidence: "its issuer is a TLS inspection product")
        }
        if InspectionNames.isRouterDefault(shown) { return .routedElsewhere(shown) }
        let other = look(Self.inventedName(beside: serverName), false)?.certificate
        if let other, other.sha256 != shown.sha256, other.isForCalledName, other.issuer == shown.issuer {
            return .intercepted(shown, evidence: "the same issuer signed a certificate for an invented name")
        }
        if hasProxy, let direct = look(serverName, true)?.certificate, direct.sha256 != shown.sha256 {
            return .intercepted(shown, evidence: "without the proxy the target presents another certificate")
        }
        return isRouter(service, other) ? .routedElsewhere(shown) : .ownCertificate
    }

    /// Whether a router answered that shows the same certificate to everybody and has no daemon after it.
    private func isRouter(_ service: ShownService, _ other: ShownCertificate?) -> Bool {
        guard let greeting = service.greeting, !greeting.starts(with: "@RSYNCD:".utf8) else { return false }
        guard let other, other.sha256 == service.certificate.sha256 else { return false }
        // A wildcard certificate with a silent service is hardly a target; a single name may be a tunnel whose daemon
        // is down.
        return greeting.starts(with: "HTTP/".utf8) || other.isForCalledName
    }

    /// A name that no host has, in the domain of another: a wildcard that covers one covers both.
    static func inventedName(beside name: String) -> String {
        let label = "dvm-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let isAddress = name.contains(":") || name.split(separator: ".").last.map { UInt8($0) != nil } ?? true
        guard !isAddress, let dot = name.firstIndex(of: ".") else { return label + ".invalid" }
        return label + name[dot...]
    }
}

extension AgentError {
    /// The failure after its diagnosis.
    ///
    /// - Parameters:
    ///   - verdict: What was found.
    ///   - original: The failure of the handshake.
    /// - Returns: The failure to report.
    package static func settled(_ verdict: TrustDiagnosis.Verdict, after original: AgentError) -> AgentError {
        switch verdict {
        case .ownCertificate: original
        case .intercepted(let certificate, let evidence):
            AgentError(
                .intercepted,
                "\(original.observed); it was issued by \(certificate.issuer), and \(evidence)",
                exitCode: original.exitCode
            )
        case .routedElsewhere(let certificate):
            AgentError(
                .routedElsewhere,
                "\(original.observed); \(certificate.subject) answers to every name, and no daemon behind it sends a greeting",
                exitCode: original.exitCode
            )
        }
    }
}
