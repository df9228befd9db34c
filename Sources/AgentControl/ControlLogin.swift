import Checksums
import LinuxSystem
import RsyncWire
package import SecureTunnel

/// How both ends of a control conversation prove that they know the password without sending it.
///
///     T>S  {"dvm":1,"challenge":C,"knows":[WORD, ...]}
///     S>T  {"dvm":1,"user":U,"challenge":D,"proof":HMAC(password, "dvm/1 source" 0 U 0 C 0 D)}
///     T>S  {"proof":HMAC(password, "dvm/1 target" 0 U 0 C 0 D)}  or  {"error":TEXT}
///
/// `knows` lists the target's features beyond the requests of the conversation; older targets do not send it.
/// HMAC is HMAC-SHA-256 in hex; challenges are 32 random bytes in hex. The two labels prevent a proof of one side from
/// being used as one of the other.
package struct ControlLogin {
    /// The version of the conversation; both sides use the lower of theirs.
    static let version: Int64 = 1
    /// The target sends keep-alives in every phase of a session, and expects them from sources that declare the same.
    static let sendsKeepAlives = "shows-life"
    /// The time limit of the whole login.
    static let limit = Duration.seconds(20)
    /// How long the answer to a wrong proof is delayed, to slow down guessing.
    static let penalty = Duration.seconds(1)

    private enum Side: String { case source, target }

    /// What a source needs to log in.
    package struct Identity: Sendable {
        let user: String
        let password: SecretBytes

        package init(user: String, password: SecretBytes) {
            self.user = user
            self.password = password
        }
    }

    private static func challenge() -> String {
        var generator = SystemRandomNumberGenerator()
        return Hexadecimal.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    private static func proof(_ side: Side, _ password: SecretBytes, user: String, _ challenges: (String, String))
        -> String
    {
        let message = ["dvm/1 \(side.rawValue)", user, challenges.0, challenges.1].joined(separator: "\0")
        return Hexadecimal.encode(password.withBytes { MessageAuthentication.code(of: Array(message.utf8), key: $0) })
    }

    private static func isEqual(_ one: String, _ other: String) -> Bool {
        AuthenticationExchange.isEqual(Array(one.utf8), Array(other.utf8))
    }

    /// The source's part.
    ///
    /// - Parameters:
    ///   - channel: A channel to the target, which sends first.
    ///   - identity: The user and the password.
    ///   - limit: The time limit of the whole login.
    /// - Returns: The target's features.
    /// - Throws: ``ControlError/loginRefused(_:)`` when one side cannot authenticate itself to the other.
    static func enter(
        _ channel: ControlChannel,
        as identity: Identity,
        within limit: Duration = limit
    ) throws(ControlError) -> Set<String> {
        let deadline = ContinuousClock.now + limit
        let hello = try channel.message(by: deadline, "the target's hello")
        if let refusal = hello.refusal { throw .refused(refusal) }
        guard let version = hello["dvm"]?.asInteger, version >= 1, let theirs = hello["challenge"]?.asText else {
            throw .broken("an invalid hello")
        }
        let challenges = (theirs, challenge())
        let proof = proof(.source, identity.password, user: identity.user, challenges)
        try channel.send([
            ("dvm", .integer(Self.version)), ("user", .text(identity.user)), ("challenge", .text(challenges.1)),
            ("proof", .text(proof)),
        ])
        let answer = try channel.message(by: deadline, "the answer to the login")
        if let refusal = answer.refusal { throw .loginRefused(refusal) }
        let expected = Self.proof(.target, identity.password, user: identity.user, challenges)
        guard let shown = answer["proof"]?.asText, isEqual(shown, expected) else {
            throw .loginRefused("the target did not prove that it knows the password")
        }
        guard case .list(let words) = hello["knows"] else { return [] }
        return Set(words.compactMap(\.asText))
    }

    /// The target's part.
    ///
    /// - Parameters:
    ///   - channel: A channel to a peer that has not sent anything yet.
    ///   - password: Looks up the password of a user; nil for an unknown one.
    ///   - pause: Delays the answer before a refusal.
    /// - Returns: The user.
    /// - Throws: ``ControlError/loginRefused(_:)`` after the peer was told.
    static func admit(
        _ channel: ControlChannel,
        password: ([UInt8]) -> SecretBytes?,
        pause: (Duration) -> Void
    ) throws(ControlError) -> String {
        let deadline = ContinuousClock.now + limit
        let own = challenge()
        try channel.send([
            ("dvm", .integer(version)), ("challenge", .text(own)), ("knows", .list([.text(sendsKeepAlives)])),
        ])
        let login = try channel.message(by: deadline, "a login")
        guard let user = login["user"]?.asText, let theirs = login["challenge"]?.asText,
            let shown = login["proof"]?.asText
        else { throw .broken("an incomplete login") }
        let known = password(Array(user.utf8))
        // The same work is done for a user who does not exist.
        let expected = proof(.source, known ?? SecretBytes(own), user: user, (own, theirs))
        guard isEqual(shown, expected), let known, theirs.utf8.count >= 32 else {
            pause(penalty)
            try channel.send([("error", .text("wrong user or password"))])
            throw .loginRefused("wrong user or password")
        }
        let answer = proof(.target, known, user: user, (own, theirs))
        try channel.send([("proof", .text(answer))])
        return user
    }
}
