import LinuxSystem
package import Transport

/// What can go wrong while a tunnel is built or used, in terms of the user who has to fix it.
///
/// Certificates are named by their subject in the form of RFC 2253, times are UTC.
package enum SecureTunnelError: Error, Equatable, Sendable {
    /// The peer does not speak TLS; `firstBytes` (at most 128) are what it sent instead.
    case notTLS(peer: String, firstBytes: [UInt8])
    /// The peer's certificate, or one that signed it, has expired.
    case certificateExpired(subject: String, until: String)
    /// The peer's certificate, or one that signed it, is not valid yet; a clock may be wrong.
    case certificateNotYetValid(subject: String, from: String)
    /// The certificate is valid but for another name.
    case wrongName(expected: String, presented: [String])
    /// The certificate is not signed by a CA in the file.
    case unknownAuthority(issuer: String, subject: String)
    /// The certificate is not the pinned one; both are SHA-256 of the DER form, in lower-case hex.
    case pinMismatch(expected: String, seen: String)
    /// The peer presented no certificate.
    case noCertificate
    /// The certificate is refused for another reason, as described by OpenSSL.
    case certificateRefused(subject: String, reason: String)
    /// The peer refused us with a TLS alert of this name, such as `unknown CA`.
    case alert(peer: String, name: String)
    /// A certificate was required of the other side, and none was presented.
    case clientCertificateRequired(peer: String)
    /// The server refused the certificate that we presented, with a TLS alert of this name.
    case clientCertificateRefused(peer: String, reason: String)
    /// The server of the pre-shared key does not know the identity.
    case preSharedKeyUnknown(peer: String, identity: String)
    /// The two sides have different keys for the identity.
    case preSharedKeyMismatch(peer: String, identity: String)
    /// The server did not accept our pre-shared key: it has none, or does not know the identity.
    case preSharedKeyRefused(peer: String, identity: String)
    /// The peer used no pre-shared key.
    case preSharedKeyRequired(peer: String)
    /// No version of TLS is allowed on both sides.
    case noCommonVersion(peer: String)
    /// The handshake did not end in time.
    case handshakeTimeout(peer: String, after: Duration)
    /// The peer closed the connection during the handshake.
    case closedDuringHandshake(peer: String)
    /// The connection ended without close_notify: bytes may be missing.
    case truncated(peer: String)
    /// The peer violated the TLS protocol, as described by OpenSSL.
    case violation(peer: String, reason: String)
    /// A certificate or key file cannot be used.
    case badFile(path: String, reason: String)
    /// A setting cannot be used.
    case badSetting(reason: String)
    /// The connection below failed.
    case transport(TransportError)
    /// The proxy requires a user name and password, and got none (status 407, or 401).
    case proxyAuthenticationRequired(proxy: String, realm: String?)
    /// The proxy rejected the user or the password (status 407, or 401).
    case proxyLoginRefused(proxy: String, user: String, realm: String?)
    /// The proxy does not offer basic authentication.
    case proxySchemeUnknown(proxy: String, schemes: [String])
    /// The proxy accepted the connection but did not complete its reply in time.
    case proxySilent(proxy: String, after: Duration)
    /// The proxy does not allow the target (status 403); `text` is its explanation.
    case proxyForbidden(proxy: String, target: String, text: String)
    /// The proxy could not reach the target (status 502, 503 or 504).
    case proxyCannotReach(proxy: String, target: String, status: Int, text: String)
    /// The proxy refused with any other status.
    case proxyRefused(proxy: String, target: String, status: Int, text: String)
    /// What answered is not an HTTP proxy; `firstBytes` (at most 128) are what it sent.
    case notAProxy(proxy: String, firstBytes: [UInt8])
    /// The head of the proxy's reply is longer than so many bytes.
    case proxyReplyTooLong(proxy: String, limit: Int)

    /// The tunnel's error inside an error thrown by a ``TLSStream``.
    ///
    /// - Parameter error: Thrown by `read` or `write`; the result is nil when the tunnel was not the cause.
    package init?(_ error: TransportError) {
        guard case .layer(let failure) = error, let cause = failure.cause as? SecureTunnelError else { return nil }
        self = cause
    }

    /// The error as a byte stream throws it.
    var asTransportError: TransportError {
        if case .transport(let cause) = self { return cause }
        return .layer(LayerFailure(self))
    }
}

extension SecureTunnelError: CustomStringConvertible {
    /// One sentence: what was observed, on what, and what it means.
    package var description: String {
        switch self {
        case .notTLS(let peer, let firstBytes): "\(peer) does not speak TLS: \(Self.hint(about: firstBytes))"
        case .certificateExpired(let subject, let until): "the certificate of \(subject) expired on \(until)"
        case .certificateNotYetValid(let subject, let from): "the certificate of \(subject) is valid only from \(from)"
        case .wrongName(let expected, let presented):
            "the certificate is not for \(expected) but for \(presented.isEmpty ? "no host" : list(presented))"
        case .unknownAuthority(let issuer, let subject):
            issuer == subject
                ? "the self-signed certificate of \(subject) is not trusted"
                : "the certificate of \(subject) was issued by \(issuer), which is not a trusted CA"
        case .pinMismatch(let expected, let seen): "the certificate's SHA-256 is \(seen), not the pinned \(expected)"
        case .noCertificate: "the peer presented no certificate"
        case .certificateRefused(let subject, let reason): "the certificate of \(subject) is refused: \(reason)"
        case .alert(let peer, let name): "\(peer) refused the tunnel with the TLS alert \"\(name)\""
        case .clientCertificateRequired(let peer):
            "a client certificate is required but none was presented (peer \(peer))"
        case .clientCertificateRefused(let peer, let reason): "\(peer) refused our certificate: \(reason)"
        case .preSharedKeyUnknown(let peer, let identity):
            "the pre-shared key identity \"\(identity)\" is unknown (peer \(peer))"
        case .preSharedKeyMismatch(let peer, let identity):
            "the pre-shared key of identity \"\(identity)\" differs between the two sides (peer \(peer))"
        case .preSharedKeyRefused(let peer, let identity):
            "\(peer) did not accept the pre-shared key of identity \"\(identity)\""
        case .preSharedKeyRequired(let peer): "a pre-shared key is required but none was used (peer \(peer))"
        case .noCommonVersion(let peer): "the two sides allow no common TLS version (peer \(peer))"
        case .handshakeTimeout(let peer, let limit): "the TLS handshake with \(peer) did not complete within \(limit)"
        case .closedDuringHandshake(let peer): "\(peer) closed the connection during the TLS handshake"
        case .truncated(let peer): "the connection with \(peer) ended without TLS close_notify: bytes may be missing"
        case .violation(let peer, let reason): "TLS with \(peer) failed: \(reason)"
        case .badFile(let path, let reason): "\(path) cannot be used: \(reason)"
        case .badSetting(let reason): reason
        case .transport(let cause): cause.description
        case .proxyAuthenticationRequired(let proxy, let realm):
            "proxy \(proxy) requires a user and a password" + (realm.map { " for \"\($0)\"" } ?? "")
        case .proxyLoginRefused(let proxy, let user, let realm):
            "proxy \(proxy) does not accept user \"\(user)\" with this password"
                + (realm.map { " for \"\($0)\"" } ?? "")
        case .proxySchemeUnknown(let proxy, let schemes):
            "proxy \(proxy) offers only \(list(schemes)) authentication; only Basic is supported"
        case .proxySilent(let proxy, let limit): "proxy \(proxy) did not answer CONNECT within \(limit)"
        case .proxyForbidden(let proxy, let target, let text): "proxy \(proxy) forbids \(target): \(text)"
        case .proxyCannotReach(let proxy, let target, let status, let text):
            "proxy \(proxy) cannot reach \(target): \(status) \(text)"
        case .proxyRefused(let proxy, let target, let status, let text):
            "proxy \(proxy) refuses a tunnel to \(target): \(status) \(text)"
        case .proxyReplyTooLong(let proxy, let limit):
            "proxy \(proxy) replied with more than \(limit) bytes of headers"
        case .notAProxy(let proxy, let firstBytes):
            "\(proxy) is not an HTTP proxy: " + Self.proxyHint(about: firstBytes)
        }
    }

    private func list(_ names: [String]) -> String { names.joined(separator: ", ") }

    /// Guesses the protocol of a port from what the peer sent.
    private static func hint(about bytes: [UInt8]) -> String {
        guard !bytes.isEmpty else { return "it sent nothing" }
        let text = String(decoding: bytes, as: UTF8.self)
        let said = "it sent \(quoted(bytes))"
        if text.hasPrefix("@RSYNCD:") { return "the port is plain rsync without TLS; \(said)" }
        if text.hasPrefix("HTTP/") { return "the port answers plain HTTP; \(said)" }
        if ["GET ", "POST ", "HEAD ", "PUT ", "CONNECT "].contains(where: text.hasPrefix) {
            return "it is a plain HTTP client; \(said)"
        }
        return said
    }

    /// Guesses the protocol from what was received in place of an HTTP reply.
    private static func proxyHint(about bytes: [UInt8]) -> String {
        guard let first = bytes.first else { return "it closed the connection without answering" }
        // 0x15 and 0x16 are the TLS records of an alert and of a handshake.
        if first == 0x15 || first == 0x16 { return "it expects TLS, but a proxy must accept plain HTTP" }
        let text = String(decoding: bytes, as: UTF8.self)
        let said = "it sent \(quoted(bytes))"
        if text.hasPrefix("@RSYNCD:") { return "it is an rsync daemon; \(said)" }
        if text.hasPrefix("SSH-") { return "it is an SSH server; \(said)" }
        return said
    }

    /// The first bytes in quotes.
    private static func quoted(_ bytes: [UInt8]) -> String { "\"" + PrintableText.escaped(bytes.prefix(64)) + "\"" }
}
