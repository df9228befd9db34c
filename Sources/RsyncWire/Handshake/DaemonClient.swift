package import Checksums
import LinuxSystem

/// A client's part of a daemon's text protocol (protocol specification, session 3.1 to 3.5).
package struct DaemonClient {
    private static let lineLimit = 5118
    /// The most lines of a message of the day or a listing that are accepted.
    private static let textLimit = 10_000

    /// The client's credentials.
    package struct Credentials {
        /// The user's name.
        package let user: [UInt8]
        /// Computes the response to a challenge (``AuthenticationExchange``); only called if the daemon sends one.
        package let proof: (_ challenge: [UInt8], _ digest: AuthenticationDigest) throws(WireError) -> [UInt8]

        package init(
            user: [UInt8],
            proof: @escaping (_ challenge: [UInt8], _ digest: AuthenticationDigest) throws(WireError) -> [UInt8]
        ) {
            self.user = user
            self.proof = proof
        }
    }

    private let input: WireInput
    private let output: WireOutput
    /// The highest version to offer, one of ``Dialect/supported``.
    private let version: Int32
    /// What the daemon's `early exec` gets; not sent when empty.
    private let earlyInput: [UInt8]
    /// Gets each line that is meant for the user.
    private let onText: ([UInt8]) throws(WireError) -> Void

    /// Prepares a conversation with a daemon.
    ///
    /// - Parameters:
    ///   - version: The highest version to offer, one of ``Dialect/supported``.
    ///   - input: The stream from the daemon.
    ///   - output: The stream to the daemon.
    ///   - earlyInput: What the daemon's `early exec` gets, at most 5,120 bytes; not sent when empty.
    ///   - onText: Gets each line that is meant for the user: the message of the day and the listing.
    package init(
        version: Int32,
        input: WireInput,
        output: WireOutput,
        earlyInput: [UInt8] = [],
        onText: @escaping ([UInt8]) throws(WireError) -> Void
    ) {
        self.version = version
        self.input = input
        self.output = output
        self.earlyInput = earlyInput
        self.onText = onText
    }

    /// Reads the daemon's greeting.
    ///
    /// - Returns: The greeting, whose ``Greeting/settled(own:)`` is the version that both ends will use.
    /// - Throws: ``WireError`` for a line that is not a greeting, or a version that is not supported.
    package func greeting() throws(WireError) -> Greeting {
        let line = try input.line(limit: Self.lineLimit, "a daemon's greeting")
        let greeting: Greeting
        do throws(Greeting.Flaw) { greeting = try Greeting(line) } catch { throw error.wireError }
        try Handshake.check(Dialect(greeting.settled(own: version)))
        return greeting
    }

    /// Sends the greeting and requests a module; the arguments are next (``ArgumentStream``), then the handshake.
    ///
    /// - Parameters:
    ///   - module: Its name, not empty and without a leading `#`.
    ///   - greeting: The daemon's greeting.
    ///   - credentials: For a daemon that requires a password.
    /// - Returns: The protocol version that both ends use.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 5 and the daemon's own text when it refuses.
    package func open(
        module: [UInt8],
        after greeting: Greeting,
        credentials: Credentials
    ) throws(WireError) -> Int32 {
        try greet(greeting, request: module)
        var hasAnswered = false
        for _ in 0..<Self.textLimit {
            let line = try input.line(limit: Self.lineLimit, "a daemon's answer")
            if line == DaemonWord.okay { return greeting.settled(own: version) }
            if line == DaemonWord.exit { throw .violation("the daemon ended the session", exitCode: 5) }
            if line.starts(with: DaemonWord.error) { throw .violation(PrintableText.ofPeer(line), exitCode: 5) }
            if line.starts(with: DaemonWord.authentication) {
                // One response is enough: more would let a daemon collect them.
                guard !hasAnswered else { throw .violation("the daemon asks for the password again", exitCode: 5) }
                hasAnswered = true
                try answer(line.dropFirst(DaemonWord.authentication.count), greeting, credentials)
            } else {
                try onText(line)
            }
        }
        throw .violation("the daemon sends endless text", exitCode: 5)
    }

    /// Sends the greeting and reads the complete listing of modules.
    ///
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 5 and the daemon's own text when it refuses.
    package func list() throws(WireError) {
        try greet(try greeting(), request: Array("#list".utf8))
        for _ in 0..<Self.textLimit {
            guard try input.hasMore() else { return }
            let line = try input.line(limit: Self.lineLimit, "a listing of modules")
            if line == DaemonWord.exit { return }
            if line.starts(with: DaemonWord.error) { throw .violation(PrintableText.ofPeer(line), exitCode: 5) }
            try onText(line)
        }
        throw .violation("the daemon sends an endless list of modules", exitCode: 5)
    }

    /// Sends our greeting after the daemon's, so that ours can name the one digest to use.
    private func greet(_ greeting: Greeting, request: [UInt8]) throws(WireError) {
        let choice = choice(greeting)
        let names = choice.map { [$0.name] } ?? AuthenticationExchange.available.map(\.name)
        try output.bytes(Greeting(version: version, digests: names).line)
        if !earlyInput.isEmpty {
            try output.bytes(DaemonWord.earlyInput + Array("\(earlyInput.count)\n".utf8) + earlyInput)
        }
        try output.bytes(request + [DaemonWord.newline])
        try output.flush()
    }

    private func choice(_ greeting: Greeting) -> AuthenticationDigest? {
        let dialect = Dialect(greeting.settled(own: version))
        return AuthenticationExchange.clientChoice(serverNames: greeting.digests, in: dialect)
    }

    private func answer(
        _ challenge: ArraySlice<UInt8>,
        _ greeting: Greeting,
        _ credentials: Credentials
    ) throws(WireError) {
        guard let digest = choice(greeting) else {
            throw .violation("there is no common digest with the daemon", exitCode: 5)
        }
        let response = try credentials.proof(Array(challenge), digest)
        try output.bytes(credentials.user + [UInt8(ascii: " ")] + response + [DaemonWord.newline])
        try output.flush()
    }
}
