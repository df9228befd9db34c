/// A digest that a daemon and its client can negotiate for the password.
package enum AuthenticationDigest: String, CaseIterable, Sendable {
    // In rsync's order of preference.
    /// SHA-512.
    case sha512
    /// SHA-256.
    case sha256
    /// SHA-1.
    case sha1
    /// MD5.
    case md5
    /// MD4.
    case md4
    /// MD4 of four zeros before the data: where there is no list of digests, before protocol 30.
    case md4AfterZeros = "md4 after zeros"

    /// The digests that have a name on the wire.
    package static let allCases: [AuthenticationDigest] = [.sha512, .sha256, .sha1, .md5, .md4]

    /// The name on the wire.
    package var name: String { named.rawValue }

    /// Finds a digest by its name on the wire.
    ///
    /// - Parameter name: A name, such as `sha512`.
    package init?(name: String) {
        guard let digest = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = digest
    }

    /// The digest by its name on the wire: MD4 stands for its two forms.
    package var named: AuthenticationDigest { self == .md4AfterZeros ? .md4 : self }

    /// The length in bytes.
    package var digestLength: Int {
        switch self {
        case .sha512: 64
        case .sha256: 32
        case .sha1: 20
        case .md5, .md4, .md4AfterZeros: 16
        }
    }

    /// Whether this machine's crypto library provides it.
    package var isAvailable: Bool { isMD4 || messageDigest != nil }

    /// The digest of bytes in memory.
    ///
    /// - Parameter bytes: The data.
    /// - Returns: ``digestLength`` bytes.
    package func digest(of bytes: RawSpan) -> [UInt8] { digest(of: bytes, then: RawSpan()) }

    /// The digest of two concatenated byte ranges, without copying them: one may be a secret.
    ///
    /// - Parameters:
    ///   - first: The first piece.
    ///   - second: The second one.
    /// - Returns: ``digestLength`` bytes.
    package func digest(of first: RawSpan, then second: RawSpan) -> [UInt8] {
        guard !isMD4 else {
            var md4 = MD4()
            let zeros: [UInt8] = self == .md4AfterZeros ? [0, 0, 0, 0] : []
            md4.update(rawBytes(of: zeros.span))
            md4.update(first)
            md4.update(second)
            return md4.finish().bytes
        }
        let context = MessageDigestContext(messageDigest)
        context.reset()
        context.update(first)
        context.update(second)
        let digest: [64 of UInt8] = context.finish()
        return (0..<digestLength).map { digest[$0] }
    }

    private var isMD4: Bool { self == .md4 || self == .md4AfterZeros }

    private var messageDigest: MessageDigest? {
        switch self {
        case .sha512: MessageDigest.sha512
        case .sha256: MessageDigest.sha256
        case .sha1: MessageDigest.sha1
        case .md5: MessageDigest.md5
        case .md4, .md4AfterZeros: nil
        }
    }
}
