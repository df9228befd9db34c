import COpenSSL

/// A TLS option by its name in stunnel's `options`, such as `NO_TICKET`, or `-NO_TICKET` to clear it.
///
/// Names without an effect in OpenSSL 3 are accepted and do nothing, as in stunnel. Options that would hide a truncated
/// stream or allow renegotiation are refused.
package struct TLSOption: Equatable, Sendable {
    /// The name, without the minus.
    package let name: String
    /// Whether the option is cleared.
    package let isRemoved: Bool
    /// The bits of OpenSSL (`SSL_OP_...`).
    let bits: UInt64

    /// Looks up a name.
    ///
    /// - Parameter text: The value of an `options` line.
    /// - Throws: ``SecureTunnelError/badSetting(reason:)``.
    package init(parsing text: String) throws(SecureTunnelError) {
        isRemoved = text.hasPrefix("-")
        name = isRemoved ? String(text.dropFirst()) : text
        // Renegotiation and compression always stay off.
        let isKept = Self.kept.contains(name)
        guard !Self.refused.contains(name), !(isKept && isRemoved) else {
            throw .badSetting(reason: "options = \(text): not allowed, because it weakens the tunnel")
        }
        guard isKept || Self.without.contains(name) || Self.bits[name] != nil else {
            throw .badSetting(reason: "options = \(text): OpenSSL has no option with that name")
        }
        bits = Self.bits[name] ?? 0
    }

    /// Options that are always on, and may be given.
    private static let kept: Set<String> = ["NO_RENEGOTIATION", "NO_COMPRESSION"]

    /// Options that would weaken protection.
    private static let refused: Set<String> = [
        "ALLOW_CLIENT_RENEGOTIATION", "ALLOW_UNSAFE_LEGACY_RENEGOTIATION", "IGNORE_UNEXPECTED_EOF", "TLS_ROLLBACK_BUG",
    ]

    /// Options without an effect in OpenSSL 3, or on a stream.
    private static let without: Set<String> = [
        "CISCO_ANYCONNECT", "COOKIE_EXCHANGE", "ENABLE_KTLS", "EPHEMERAL_RSA", "MICROSOFT_BIG_SSLV3_BUFFER",
        "MICROSOFT_SESS_ID_BUG", "MSIE_SSLV2_RSA_PADDING", "NETSCAPE_CA_DN_BUG", "NETSCAPE_CHALLENGE_BUG",
        "NETSCAPE_DEMO_CIPHER_CHANGE_BUG", "NETSCAPE_REUSE_CIPHER_CHANGE_BUG", "NO_DTLSv1", "NO_DTLSv1_2",
        "NO_QUERY_MTU",
        "NO_SSLv2", "PKCS1_CHECK_1", "PKCS1_CHECK_2", "SINGLE_DH_USE", "SINGLE_ECDH_USE", "SSLEAY_080_CLIENT_DH_BUG",
        "SSLREF2_REUSE_CERT_TYPE_BUG", "TLS_BLOCK_PADDING_BUG", "TLS_D5_BUG",
    ]

    private static let bits: [String: UInt64] = [
        "NO_EXTENDED_MASTER_SECRET": dvm_SSL_OP_NO_EXTENDED_MASTER_SECRET,
        "CLEANSE_PLAINTEXT": dvm_SSL_OP_CLEANSE_PLAINTEXT,
        "LEGACY_SERVER_CONNECT": dvm_SSL_OP_LEGACY_SERVER_CONNECT,
        "TLSEXT_PADDING": dvm_SSL_OP_TLSEXT_PADDING,
        "SAFARI_ECDHE_ECDSA_BUG": dvm_SSL_OP_SAFARI_ECDHE_ECDSA_BUG,
        "DISABLE_TLSEXT_CA_NAMES": dvm_SSL_OP_DISABLE_TLSEXT_CA_NAMES,
        "ALLOW_NO_DHE_KEX": dvm_SSL_OP_ALLOW_NO_DHE_KEX,
        "DONT_INSERT_EMPTY_FRAGMENTS": dvm_SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS,
        "NO_TICKET": dvm_SSL_OP_NO_TICKET,
        "NO_SESSION_RESUMPTION_ON_RENEGOTIATION": dvm_SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION,
        "NO_ENCRYPT_THEN_MAC": dvm_SSL_OP_NO_ENCRYPT_THEN_MAC,
        "ENABLE_MIDDLEBOX_COMPAT": dvm_SSL_OP_ENABLE_MIDDLEBOX_COMPAT,
        "PRIORITIZE_CHACHA": dvm_SSL_OP_PRIORITIZE_CHACHA,
        "CIPHER_SERVER_PREFERENCE": dvm_SSL_OP_CIPHER_SERVER_PREFERENCE,
        "NO_ANTI_REPLAY": dvm_SSL_OP_NO_ANTI_REPLAY,
        "NO_SSLv3": dvm_SSL_OP_NO_SSLv3,
        "NO_TLSv1": dvm_SSL_OP_NO_TLSv1,
        "NO_TLSv1_1": dvm_SSL_OP_NO_TLSv1_1,
        "NO_TLSv1_2": dvm_SSL_OP_NO_TLSv1_2,
        "NO_TLSv1_3": dvm_SSL_OP_NO_TLSv1_3,
        "CRYPTOPRO_TLSEXT_BUG": dvm_SSL_OP_CRYPTOPRO_TLSEXT_BUG,
        "ALL": dvm_SSL_OP_ALL,
    ]
}
