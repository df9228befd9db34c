import Checksums
import LinuxSystem
import RsyncOptions
import RsyncWire
import TestSupport
import Testing

@Suite("Daemon protocol")
struct DaemonProtocolTests {
    static let responses: [(AuthenticationDigest, String, String)] = [
        (.sha256, "hhLFDaiVk+2qEcYT3zK3eZ++IBr0XdJY13O/jBJ2q6c", "9VoQ0TR+YX49dd+mkxzd8OQVDohDw5FHzc+olAzjn5o"),
        (.md5, "+L7eaP/todXHF4aw2Oa/8w", "Wh2nIAme8QsRbH/ipZTS+A"),
        (.md4, "5IBCGuFcsZqVgCAll+wKbQ", "En9h/QWb1Jpitleb9+N6SA"),
        (.sha1, "qEcEMrjtLYXdT2FTaGrtPl0uaVI", "mWjjJIZ7dQ15bfz/AqS9X4hknHQ"),
        (.md4AfterZeros, "20EXEC6eRBke6BHL8RdqHQ", "aqo4dMD1Rmn6aI9LOTEXjw"),
    ]

    @Test("proves a password as in session 3.5", arguments: responses)
    func response(digest: AuthenticationDigest, challenge: String, expected: String) {
        let response = AuthenticationExchange.response(
            password: Array("s3cret".utf8).span,
            challenge: Array(challenge.utf8),
            digest: digest
        )
        #expect(String(decoding: response, as: UTF8.self) == expected)
        #expect(AuthenticationExchange.challenge(for: digest).count == challenge.count)
        #expect(AuthenticationExchange.challenge(for: digest) != AuthenticationExchange.challenge(for: digest))
    }

    @Test("chooses digests that every release agrees with")
    func choices() {
        #expect(AuthenticationExchange.clientChoice(serverNames: ["md4", "sha1", "sha999"]) == .sha1)
        #expect(AuthenticationExchange.clientChoice(serverNames: nil) == .md5)
        #expect(AuthenticationExchange.clientChoice(serverNames: ["sha999"]) == nil)
        #expect(AuthenticationExchange.serverChoice(clientNames: ["x", "md5", "sha512"]) == .md5)
        #expect(AuthenticationExchange.serverChoice(clientNames: ["md5"], offered: [.sha512]) == nil)
        #expect(AuthenticationExchange.serverChoice(clientNames: nil) == .md5)
        #expect(AuthenticationExchange.clientChoice(serverNames: nil, in: Dialect(29)) == .md4AfterZeros)
        #expect(AuthenticationExchange.serverChoice(clientNames: nil, in: Dialect(29)) == .md4AfterZeros)
        #expect(AuthenticationExchange.serverChoice(clientNames: nil, offered: [.md5], in: Dialect(29)) == nil)
        #expect(AuthenticationExchange.serverChoice(clientNames: ["md4 after zeros", "md4"]) == .md4)
    }

    @Test("separates arguments by newlines before protocol 30")
    func oldArguments() throws {
        let sink = ArraySink()
        let arguments = ["--server", "-r", "."].map { Array($0.utf8) }
        try ArgumentStream.write(arguments, in: Dialect(29), to: WireOutput(sink: sink))
        #expect(sink.bytes == Array("--server\n-r\n.\n\n".utf8))
        let input = WireInput(source: ArraySource(sink.bytes))
        #expect(try ArgumentStream.read(from: input, in: Dialect(29)) == arguments)
    }

    @Test("compares whole proofs")
    func comparison() {
        #expect(AuthenticationExchange.isEqual([1, 2], [1, 2]))
        #expect(!AuthenticationExchange.isEqual([1, 2], [1, 3]) && !AuthenticationExchange.isEqual([1, 2], [1]))
    }

    @Test(
        "reads greetings as session 3.2 says",
        arguments: [
            ("@RSYNCD: 32.0 sha512 md5", 32, 32), ("@RSYNCD: 31.0", 31, 31), ("@RSYNCD: 30.0", 30, 30),
            ("@RSYNCD: 27", 27, 27),
            ("@RSYNCD: 31.14 md5", 31, 30), ("@RSYNCD: 99.0 md5", 99, 32), ("@RSYNCD: 32.7 md5", 32, 31),
        ]
    )
    func greeting(line: String, version: Int32, settled: Int32) throws {
        let greeting = try Greeting(Array(line.utf8))
        #expect(greeting.version == version && greeting.settled(own: 32) == settled)
    }

    @Test(
        "refuses greetings as session 3.2 says",
        arguments: [
            ("HTTP/1.1 400", "protocol startup error"), ("@RSYNCD: x", "protocol startup error"),
            ("", "protocol startup error"), ("@RSYNCD: 26", "protocol version 26 is not supported here"),
            ("@RSYNCD: 31", "your client omitted the subprotocol value: @RSYNCD: 31"),
            ("@RSYNCD: 32.0", "your client omitted the digest name list: @RSYNCD: 32.0"),
        ]
    )
    func badGreeting(line: String, reply: String) throws {
        let sink = ArraySink()
        let input = WireInput(source: ArraySource(Array((line + "\n").utf8)))
        let server = DaemonServer(input: input, output: WireOutput(sink: sink))
        #expect(exitCode { _ = try server.greet() } == 5)
        let text = String(decoding: sink.bytes, as: UTF8.self)
        #expect(text == "@RSYNCD: 32.0 sha512 sha256 sha1 md5 md4\n@ERROR: \(reply)\n")
    }

    private func request(_ bytes: [UInt8], sink: ArraySink = ArraySink()) throws(WireError) -> DaemonServer.Request {
        try DaemonServer(input: WireInput(source: ArraySource(bytes, pieceLength: 7)), output: WireOutput(sink: sink))
            .request()
    }

    @Test("takes one early input of at most 5,120 bytes before the module")
    func earlyInput() throws {
        let early = Array("#early_input=5120\n".utf8) + [UInt8](repeating: 10, count: 5120)
        let bytes = [UInt8](repeating: 10, count: 5120)
        #expect(try request(early + Array("data\n".utf8)) == .module(Array("data".utf8), earlyInput: bytes))
        let replies = [
            (early + early, "more than one early_input"),
            (Array("#early_input=5121\n".utf8), "invalid early_input length"),
            (Array("#early_input=0\n".utf8), "invalid early_input length"),
        ]
        for (bytes, reply) in replies {
            let sink = ArraySink()
            #expect(exitCode { _ = try request(bytes, sink: sink) } == 5)
            #expect(String(decoding: sink.bytes, as: UTF8.self) == "@ERROR: \(reply)\n")
        }
    }

    static let sessions: [(String, String, String)] = [
        ("daemon-auth-sha512-pull3-p32", "auth", "sha512"), ("daemon-pull3-p32", "pub", "sha512"),
        ("daemon-push3-p32", "rw", "sha512"),
    ]

    @Test("works between our client and rsync's daemon", arguments: sessions)
    func client(name: String, module: String, digest: String) throws {
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        let input = WireInput(source: ArraySource(try Captures.session(name).server, pieceLength: 3))
        var text: [String] = []
        let client = DaemonClient(version: 32, input: input, output: output) { (line) throws(WireError) in
            text.append(String(decoding: line, as: UTF8.self))
        }
        var asked = 0
        let credentials = DaemonClient.Credentials(user: Array("alice".utf8)) { (challenge, digest) throws(WireError) in
            asked += 1
            let password = Array("s3cret".utf8)
            return AuthenticationExchange.response(password: password.span, challenge: challenge, digest: digest)
        }
        let greeting = try client.greeting()
        #expect(sink.bytes.isEmpty, "the client greets after the daemon")
        let version = try client.open(module: Array(module.utf8), after: greeting, credentials: credentials)
        let lines = String(decoding: sink.bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.first == "@RSYNCD: 32.0 \(digest)" && lines.dropFirst().first == Substring(module))
        #expect(version == 32 && text == ["Welcome line", ""])
        #expect(asked == (name.contains("auth") ? 1 : 0))
        if name.contains("sha512") {
            let recorded = String(decoding: try Captures.session(name).client, as: UTF8.self)
            #expect(recorded.contains(lines[2]), "the proof is the one that rsync's client sent")
        }
        try ArgumentStream.write(
            ServerArguments(options: TransferOptions(), isSender: true, paths: []).encoded,
            to: output
        )
        var options = TransferOptions()
        options.setArchive()
        #expect(try Handshake.client(options, version: version, input: input, output: output).seed == 12345)
    }

    @Test(
        "passes on a daemon's own text",
        arguments: [
            ("daemon-unknown-module-p32", "Unknown module"), ("daemon-denied-p32", "Unknown module"),
            ("daemon-auth-fail-p32", "auth failed on module"),
        ]
    )
    func clientRefused(name: String, words: String) throws {
        let input = WireInput(source: ArraySource(try Captures.session(name).server))
        let client = DaemonClient(version: 32, input: input, output: WireOutput(sink: ArraySink())) {
            _ throws(WireError) in
        }
        let credentials = DaemonClient.Credentials(user: [97]) { (_, _) throws(WireError) in [98] }
        let greeting = try client.greeting()
        let error = #expect(throws: WireError.self) {
            try client.open(module: [99], after: greeting, credentials: credentials)
        }
        #expect(error?.exitCode == 5)
        if name != "daemon-denied-p32" { #expect("\(try #require(error))".contains(words)) }
    }

    @Test("lists modules both ways")
    func listing() throws {
        let input = WireInput(source: ArraySource(try Captures.session("daemon-list-p32").server))
        var lines: [String] = []
        let client = DaemonClient(version: 32, input: input, output: WireOutput(sink: ArraySink())) {
            (line) throws(WireError) in
            lines.append(String(decoding: line, as: UTF8.self))
        }
        try client.list()
        #expect(lines.contains { $0.hasPrefix("pub            \t") })
        let sink = ArraySink()
        let request = WireInput(source: ArraySource(try Captures.session("daemon-list-p32").client))
        let server = DaemonServer(input: request, output: WireOutput(sink: sink))
        #expect(try server.greet().version == 32)
        #expect(try server.request() == .list)
        try server.list([(Array("pub".utf8), Array("comment".utf8))])
        #expect(String(decoding: sink.bytes, as: UTF8.self).hasSuffix("\npub            \tcomment\n@RSYNCD: EXIT\n"))
    }

    @Test(
        "answers request lines",
        arguments: [
            ("\n", nil), ("#list\n", nil), ("pub\r\n", "pub"), ("pub/\n", "pub/"),
        ] as [(String, String?)]
    )
    func requests(line: String, module: String?) throws {
        let server = DaemonServer(
            input: WireInput(source: ArraySource(Array(line.utf8))),
            output: WireOutput(sink: ArraySink())
        )
        #expect(try server.request() == (module.map { .module(Array($0.utf8), earlyInput: []) } ?? .list))
    }

    @Test(
        "refuses request lines",
        arguments: [
            ("#foo\n", "@ERROR: Unknown command '#foo'\n"),
            ("#early_input=0\n", "@ERROR: invalid early_input length\n"),
            ("#early_input=5121\n", "@ERROR: invalid early_input length\n"), ("a\0b\n", ""),
            (String(repeating: "x", count: 1023) + "\n", ""),
        ]
    )
    func badRequests(line: String, reply: String) throws {
        let sink = ArraySink()
        let server = DaemonServer(
            input: WireInput(source: ArraySource(Array(line.utf8))),
            output: WireOutput(sink: sink)
        )
        #expect(exitCode { _ = try server.request() } == 5)
        #expect(String(decoding: sink.bytes, as: UTF8.self) == reply)
    }

    @Test("admits a client with the password, and nobody else", arguments: ["sha512 sha256", "md5", "md4", "none"])
    func authentication(digests: String) throws {
        for (user, password, isWelcome) in [
            ("alice", "s3cret", true), ("alice", "S3cret", false), ("bob", "s3cret", false),
        ] {
            let greeting = try Greeting(Array("@RSYNCD: 31.0\(digests == "none" ? "" : " " + digests)".utf8))
            let duplex = Duplex()
            let server = DaemonServer(input: WireInput(source: duplex), output: WireOutput(sink: duplex))
            duplex.answer = { line in
                let challenge = line.dropFirst("@RSYNCD: AUTHREQD ".utf8.count).dropLast()
                let digest = AuthenticationExchange.serverChoice(clientNames: greeting.digests) ?? .md5
                let proof = AuthenticationExchange.response(
                    password: Array(password.utf8).span,
                    challenge: Array(challenge),
                    digest: digest
                )
                return Array("\(user) ".utf8) + proof + Array("\n".utf8)
            }
            let name = try server.authenticate(greeting) { user, challenge, digest in
                guard user == Array("alice".utf8) else { return [] }
                return ["group's", "s3cret"].map { password in
                    let password = Array(password.utf8)
                    return AuthenticationExchange.response(
                        password: password.span,
                        challenge: challenge,
                        digest: digest
                    )
                }
            }
            #expect(name == (isWelcome ? Array("alice".utf8) : nil))
        }
    }

    @Test("takes arguments as rsync's client sends them, and refuses too many")
    func arguments() throws {
        let client = try Captures.session("daemon-pull3-secluded-p32").client
        let input = WireInput(source: ArraySource(client))
        let server = DaemonServer(input: input, output: WireOutput(sink: ArraySink()))
        _ = try server.greet()
        #expect(try server.request() == .module(Array("pub".utf8), earlyInput: []))
        let first = try ArgumentStream.read(from: input)
        #expect(ServerArguments(parsing: first, from: .daemon).isSecluded)
        let second = try ArgumentStream.read(from: input, isSecluded: true)
        let whole = ServerArguments(parsing: first + second, from: .daemon)
        #expect(whole.refusal == nil && whole.isSender && whole.paths == [Array("pub/".utf8)])
        let many = [UInt8]((0..<16_001).flatMap { _ in [97, 0] as [UInt8] })
        #expect(exitCode { _ = try ArgumentStream.read(from: WireInput(source: ArraySource(many))) } == 2)
        let long = [UInt8](repeating: 97, count: 5120)
        #expect(exitCode { _ = try ArgumentStream.read(from: WireInput(source: ArraySource(long))) } == 2)
    }
}

/// A peer that answers the last line written.
private final class Duplex: WireSource, WireSink {
    var answer: ([UInt8]) -> [UInt8] = { _ in [] }
    private var source = ArraySource([])

    func send(_ full: OutputBuffer) throws(WireError) -> OutputBuffer {
        source = ArraySource(answer(Array(copying: full.bytes.span)))
        return full
    }
    func next() throws(WireError) -> MemorySlice { try source.next() }
}
