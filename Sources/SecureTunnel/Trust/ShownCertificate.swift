import LinuxSystem
package import Transport

/// The certificate that a peer presented, trusted or not.
package struct ShownCertificate: Equatable, Sendable {
    /// The subject in the form of RFC 2253.
    package let subject: String
    /// The issuer in the same form.
    package let issuer: String
    /// The names it is for: the alternative ones, or `CN=` and the common name where there are none.
    package let names: [String]
    /// SHA-256 of its DER form, in lower-case hex.
    package let sha256: String
    /// Whether it is for the connected name.
    package let isForCalledName: Bool

    /// Creates a value.
    package init(subject: String, issuer: String, names: [String], sha256: String, isForCalledName: Bool) {
        self.subject = subject
        self.issuer = issuer
        self.names = names
        self.sha256 = sha256
        self.isForCalledName = isForCalledName
    }

    /// Copies the properties of a certificate that OpenSSL owns.
    init(_ certificate: borrowing PeerCertificate, called name: String?) {
        subject = certificate.subject
        issuer = certificate.issuer
        names = certificate.names
        sha256 = certificate.sha256
        isForCalledName = name.map { certificate.isFor($0) } ?? false
    }

}

/// What answers to a name at the other end of a connection, unverified.
package struct ShownService: Equatable, Sendable {
    /// The presented certificate.
    package let certificate: ShownCertificate
    /// The first bytes that it sent inside TLS on its own, at most 128; empty when it waits for us, nil when
    /// it ended or refused the connection.
    package let greeting: [UInt8]?

    /// Creates a value.
    package init(certificate: ShownCertificate, greeting: [UInt8]?) {
        self.certificate = certificate
        self.greeting = greeting
    }

    /// Examines what answers.
    ///
    /// Only a TLS handshake is sent. The connection must not be used afterwards; the caller closes it.
    ///
    /// - Parameters:
    ///   - transport: A fresh connection, or one through a proxy.
    ///   - name: Sent as SNI when it is a name.
    ///   - limit: The time limit for the handshake.
    ///   - patience: The time limit for a greeting.
    /// - Returns: What was observed, even when the server then rejected the handshake.
    /// - Throws: ``SecureTunnelError`` when no certificate was presented.
    package static func look(
        over transport: any ByteStream,
        calling name: String,
        within limit: Duration,
        listening patience: Duration
    ) throws(SecureTunnelError) -> ShownService {
        let context = try TLSContext(client: TLSClientConfiguration(trust: .insecure))
        let engine = try TLSEngine(context: context, serverName: name, peer: transport.peerDescription)
        do throws(SecureTunnelError) {
            try shakeHands(engine, over: transport, within: limit)
        } catch {
            guard let shown = engine.shownCertificate else { throw error }
            return ShownService(certificate: shown, greeting: nil)
        }
        guard let shown = engine.shownCertificate else {
            throw .violation(peer: transport.peerDescription, reason: "the server presented no certificate")
        }
        return ShownService(certificate: shown, greeting: firstWords(engine, over: transport, within: patience))
    }

    /// Waits for the first bytes inside TLS.
    private static func firstWords(
        _ engine: TLSEngine,
        over transport: any ByteStream,
        within patience: Duration
    ) -> [UInt8]? {
        let deadline = ContinuousClock.now + patience
        let buffer = ByteMemory(count: 128).all
        while true {
            switch engine.decrypt(into: buffer) {
            case .bytes(let count): return Array(copying: buffer.prefix(count).span)
            case .end, .failed: return nil
            case .needsInput: break
            }
            transport.readTimeout = max(.zero, deadline - .now)
            do throws(TransportError) {
                engine.supply(try transport.read(into: engine.freeInput()))
            } catch {
                if case .timedOut = error { return [] }
                return nil
            }
        }
    }
}
