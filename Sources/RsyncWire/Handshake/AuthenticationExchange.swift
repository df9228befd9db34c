package import Checksums
import LinuxSystem

/// How a client proves to a daemon that it knows the password (protocol specification, session 3.5).
///
///     S>C    @RSYNCD: AUTHREQD <challenge>
///     C>S    <user> <base64 of the digest over password and challenge>
package enum AuthenticationExchange {
    /// The digests that are available here, strongest first.
    package static var available: [AuthenticationDigest] { AuthenticationDigest.allCases.filter(\.isAvailable) }

    /// The digest that a client uses, which is then the only one in its greeting.
    ///
    /// - Parameters:
    ///   - serverNames: The list in the server's greeting; nil if it sent none.
    ///   - dialect: The dialect that both ends will use.
    /// - Returns: The strongest common one, ``implied(in:)`` without a list; nil if there is none.
    package static func clientChoice(
        serverNames: [String]?,
        in dialect: Dialect = .newest
    ) -> AuthenticationDigest? {
        guard let serverNames else { return implied(in: dialect) }
        return available.first { serverNames.contains($0.name) }
    }

    /// The digest that a server uses.
    ///
    /// - Parameters:
    ///   - clientNames: The list in the client's greeting; nil if it sent none.
    ///   - offered: The digests that the server allows.
    ///   - dialect: The dialect that both ends will use.
    /// - Returns: The first of the client's digests that is offered, ``implied(in:)`` without a list; nil if there is
    ///   none.
    package static func serverChoice(
        clientNames: [String]?,
        offered: [AuthenticationDigest] = available,
        in dialect: Dialect = .newest
    ) -> AuthenticationDigest? {
        guard let clientNames else {
            return offered.contains(dialect.defaultsToMD5 ? .md5 : .md4) ? implied(in: dialect) : nil
        }
        return clientNames.lazy.compactMap { AuthenticationDigest(name: $0) }.first { offered.contains($0) }
    }

    /// The digest where there is no list.
    private static func implied(in dialect: Dialect) -> AuthenticationDigest {
        dialect.defaultsToMD5 ? .md5 : .md4AfterZeros
    }

    /// A new challenge of random bits; its length corresponds to the digest's.
    ///
    /// - Parameter digest: The digest that was agreed on.
    /// - Returns: 22 to 86 characters.
    package static func challenge(for digest: AuthenticationDigest) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return Base64.encode(
            (0..<digest.digestLength).map { _ in UInt8.random(in: 0...255, using: &generator) },
            isPadded: false
        )
    }

    /// The client's response.
    ///
    /// The password is not copied, so its owner can wipe it.
    ///
    /// - Parameters:
    ///   - password: The password's bytes.
    ///   - challenge: The challenge's characters as received.
    ///   - digest: The digest that was agreed on.
    /// - Returns: Base64 without padding.
    package static func response(
        password: Span<UInt8>,
        challenge: [UInt8],
        digest: AuthenticationDigest
    ) -> [UInt8] {
        Base64.encode(digest.digest(of: password.rawBytes, then: challenge.span.rawBytes), isPadded: false)
    }

    /// Compares in constant time.
    ///
    /// - Parameters:
    ///   - one: A response.
    ///   - other: Another response.
    /// - Returns: Whether they are equal.
    package static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
