import LinuxSystem
package import Checksums

/// The daemon's part of its text protocol, step by step (protocol specification, session 3.1 to 3.6).
///
/// The caller knows the modules: it calls the steps in order and makes the decisions between them.
package struct DaemonServer {
    private static let lineLimit = 1022
    private static let answerLimit = 5118

    /// What a client requests.
    package enum Request: Equatable, Sendable {
        /// The listing of modules.
        case list
        /// A module, by an unchecked name, and the bytes that the client sent before it (`--early-input`).
        case module([UInt8], earlyInput: [UInt8])
    }

    private let input: WireInput
    private let output: WireOutput
    private let version: Int32
    /// The digests that are accepted for authentication.
    private let digests: [AuthenticationDigest]

    /// Prepares a conversation with a client.
    ///
    /// - Parameters:
    ///   - version: The highest version to offer, one of ``Dialect/supported``.
    ///   - digests: The digests that are accepted for authentication, strongest first.
    ///   - input: The stream from the client.
    ///   - output: The stream to the client.
    package init(
        version: Int32 = Dialect.newest.version,
        digests: [AuthenticationDigest] = AuthenticationExchange.available,
        input: WireInput,
        output: WireOutput
    ) {
        self.version = version
        self.digests = digests
        self.input = input
        self.output = output
    }

    /// Sends the greeting, and reads the client's.
    ///
    /// - Parameter messageOfTheDay: Text that follows the greeting; a newline is added. Nil for none.
    /// - Returns: The client's greeting; ``Greeting/settled(own:)`` is the version to use.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 5 after a greeting that was rejected.
    package func greet(messageOfTheDay: [UInt8]? = nil) throws(WireError) -> Greeting {
        let names = digests.map(\.name)
        try output.bytes(Greeting(version: version, digests: names).line)
        if let messageOfTheDay { try output.bytes(messageOfTheDay + [DaemonWord.newline]) }
        try output.flush()
        let line = try input.line(limit: Self.lineLimit, "a client's greeting")
        let greeting: Greeting
        do throws(Greeting.Flaw) { greeting = try Greeting(line) } catch { throw try refusal(error.reply) }
        let settled = greeting.settled(own: version)
        guard Dialect(settled).isSupported else {
            throw try refusal(Array("protocol version \(settled) is not supported here".utf8))
        }
        return greeting
    }

    /// Reads the client's request, after at most one early input.
    ///
    /// - Returns: The request.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 5 after a line that was rejected.
    package func request() throws(WireError) -> Request {
        let word = DaemonWord.earlyInput
        var earlyInput: [UInt8]?
        while true {
            let line = try input.line(limit: Self.lineLimit, "a request")
            if line.isEmpty || line == Array("#list".utf8) { return .list }
            if line.starts(with: word) {
                let digits = String(decoding: line.dropFirst(word.count), as: UTF8.self)
                guard earlyInput == nil else { throw try refusal(Array("more than one early_input".utf8)) }
                guard let length = Int(digits), (1...5120).contains(length) else {
                    throw try refusal(Array("invalid early_input length".utf8))
                }
                var bytes: [UInt8] = []
                while bytes.count < length {
                    let piece = try input.chunk(limit: length - bytes.count, "early input")
                    bytes += Array(copying: piece.span)
                }
                earlyInput = bytes
                continue
            }
            guard line.first != UInt8(ascii: "#") else {
                throw try refusal(Array("Unknown command '".utf8) + line + Array("'".utf8))
            }
            return .module(line, earlyInput: earlyInput ?? [])
        }
    }

    /// Sends the listing of modules and ends the conversation.
    ///
    /// - Parameter modules: Names and comments of the modules to list.
    /// - Throws: ``WireError/transport(_:)`` when it could not be written.
    package func list(_ modules: [(name: [UInt8], comment: [UInt8])]) throws(WireError) {
        for module in modules {
            let padding = [UInt8](repeating: UInt8(ascii: " "), count: max(0, 15 - module.name.count))
            try output.bytes(module.name + padding + [UInt8(ascii: "\t")] + module.comment + [DaemonWord.newline])
        }
        try output.bytes(DaemonWord.exit + [DaemonWord.newline])
        try output.flush()
    }

    /// Authenticates the client by password.
    ///
    /// - Parameters:
    ///   - greeting: The client's greeting.
    ///   - proof: Computes the responses, one of which is expected from a user who may use the module
    ///     (``AuthenticationExchange``); none for all others. The name comes from the client and may contain any bytes.
    /// - Returns: The user; nil if authentication failed for any reason, which ``refuse(_:)`` should not reveal.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 5 when there is no common digest; the client has been
    ///   told.
    package func authenticate(
        _ greeting: Greeting,
        proof: (_ user: [UInt8], _ challenge: [UInt8], _ digest: AuthenticationDigest) -> [[UInt8]]
    ) throws(WireError) -> [UInt8]? {
        guard
            let digest = AuthenticationExchange.serverChoice(
                clientNames: greeting.digests,
                offered: digests,
                in: Dialect(greeting.settled(own: version))
            )
        else {
            let names = digests.map(\.name).joined(separator: " ")
            throw try refusal(Array("your client does not support one of our daemon-auth checksums: \(names)".utf8))
        }
        let challenge = AuthenticationExchange.challenge(for: digest)
        try output.bytes(DaemonWord.authentication + challenge + [DaemonWord.newline])
        try output.flush()
        let line = try input.line(limit: Self.answerLimit, "the answer to a challenge")
        guard let blank = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let user = Array(line[..<blank])
        let known = proof(user, challenge, digest)
        // The same work is done for a nonexistent user.
        let nobodys = AuthenticationExchange.response(password: challenge.span, challenge: challenge, digest: digest)
        let answer = Array(line[(blank + 1)...])
        let isProven = (known.isEmpty ? [nobodys] : known).reduce(false) { isProven, expected in
            AuthenticationExchange.isEqual(expected, answer) || isProven
        }
        return isProven && !known.isEmpty ? user : nil
    }

    /// Admits the client; its arguments are next (``ArgumentStream``).
    ///
    /// - Throws: ``WireError/transport(_:)`` when it could not be written.
    package func accept() throws(WireError) {
        try output.bytes(DaemonWord.okay + [DaemonWord.newline])
        try output.flush()
    }

    /// Sends `@ERROR: ` and a text; the caller then closes the connection.
    ///
    /// - Parameter text: One line without newline.
    /// - Throws: ``WireError/transport(_:)`` when it could not be written.
    package func refuse(_ text: [UInt8]) throws(WireError) {
        try output.bytes(DaemonWord.error + Array(": ".utf8) + text + [DaemonWord.newline])
        try output.flush()
    }

    private func refusal(_ text: [UInt8]) throws(WireError) -> WireError {
        try refuse(text)
        return .violation(PrintableText.ofPeer(text), exitCode: 5)
    }
}
