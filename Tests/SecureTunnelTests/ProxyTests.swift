import TestSupport
import Testing
import Transport

@testable import SecureTunnel

@Suite("ProxyURL")
struct ProxyURLTests {
    @Test(
        "reads what MTC's setting may hold",
        arguments: [
            ("https://just-host", "just-host", nil, nil, nil),
            ("https://@valid", "valid", nil, nil, nil),
            ("https://user:pass@ip:1111", "ip", 1111, "user", "pass"),
            ("https://user:!:pass@ip:1111", "ip", 1111, "user", "!:pass"),
            ("http://us%40er:p%25%3A%2F@[fd00::1]:3128/", "fd00::1", 3128, "us@er", "p%:/"),
            ("HTTP://user@host:1", "host", 1, "user", ""),
            ("http://user:@host:1", "host", 1, "user", ""),
            ("http://:token@host:1", "host", 1, "", "token"),
            ("http://:@host:1", "host", 1, nil, nil),
            ("http://a@b:c@host:1", "host", 1, "a@b", "c"),
        ] as [(String, String, UInt16?, String?, String?)]
    )
    func sound(text: String, host: String, port: UInt16?, user: String?, password: String?) throws {
        let url = try ProxyURL(parsing: text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.credentials?.user == user)
        #expect(url.credentials?.password == password.map { SecretBytes($0) })
        if let password, !password.isEmpty { #expect(!url.description.contains(password)) }
    }

    @Test(
        "refuses what is not a proxy, without quoting the password",
        arguments: [
            "https://220.22.23.265.253.255:err", "host:3128", "socks5://host:1080", "http://", "http://u:secret@",
            "http://u:secret@host:0", "http://u:secret@host:65536", "http://u:secret%4@host:1",
            "http://u:secret@host:1/path",
            "http://u:secret@fd00::1:3128", "http://u%3Av:secret@host:1", "http://u:secret%0d%0a@host:1",
            "http://ho st:1",
        ]
    )
    func unsound(text: String) {
        let error = #expect(throws: SecureTunnelError.self) { try ProxyURL(parsing: text) }
        guard case .badSetting(let reason) = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
        #expect(!reason.contains("secret"))
    }

    @Test("takes the password from elsewhere, for a user that the URL names")
    func otherPassword() throws {
        let url = try ProxyURL(parsing: "http://mover@host:1").with(password: SecretBytes("!:s3cret"))
        #expect(url.credentials == ProxyURL.Credentials(user: "mover", password: "!:s3cret"))
        #expect(!"\(url)".contains("s3cret"))
        #expect(throws: SecureTunnelError.self) {
            try ProxyURL(parsing: "http://host:1").with(password: SecretBytes("x"))
        }
        #expect(throws: SecureTunnelError.self) { try url.with(password: SecretBytes("x\r\ny")) }
    }

    @Test("guesses no port")
    func noPort() throws {
        let url = try ProxyURL(parsing: "http://just-host")
        #expect(
            throws: SecureTunnelError.badSetting(
                reason: "the proxy URL for just-host has no port, and there is no default"
            )
        ) {
            try url.address()
        }
    }
}

@Suite("CONNECT")
struct ConnectTests {
    private let target = HostPort(host: "fd00::7", port: 443)

    @Test(
        "sends the request that stunnel sends, and leaves what follows the reply to the tunnel",
        .timeLimit(.minutes(10)),
        arguments: [
            "HTTP/1.0 200 Connection established\r\n\r\n", "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200 OK\nVia: x\n\n",
            "HTTP/1.1 299 Odd but fine\r\nX-Long: 0123456789\r\nVia: y\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX-Long: \(String(repeating: "long ", count: 3000))\r\n\r\n",
        ]
    )
    func success(reply: String) throws {
        for pieceLength in [1, 3, 1000] {
            let (near, far) = try SocketStream.pair()
            let proxy = try Background { () -> [UInt8] in
                var request: [UInt8] = []
                while !request.reversed().starts(with: "\n\r\n\r".utf8) { request += try far.read(upTo: 100) }
                var rest = Array(reply.utf8)[...] + Array("@RSYNCD".utf8)
                while !rest.isEmpty {
                    try far.write(Array(rest.prefix(pieceLength)))
                    rest = rest.dropFirst(pieceLength)
                }
                return request
            }
            let credentials = ProxyURL.Credentials(user: "user", password: "!:pass")
            try connectThroughProxy(near, target: target, credentials: credentials, within: .seconds(10))
            let expected =
                "CONNECT [fd00::7]:443 HTTP/1.1\r\nHost: [fd00::7]:443\r\n"
                + "Proxy-Authorization: Basic dXNlcjohOnBhc3M=\r\n\r\n"
            #expect(String(decoding: try proxy.value(), as: UTF8.self) == expected)
            var rest: [UInt8] = []
            while rest.count < 7 { rest += try near.read(upTo: 7) }
            #expect(rest == Array("@RSYNCD".utf8))
            #expect(near.readTimeout == nil, "the caller's limits are put back")
        }
    }

    @Test("says how the proxy refused", .timeLimit(.minutes(10)))
    func refusals() throws {
        let name = "the other end of the pair"
        let place = "\(target)"
        let cases: [(reply: String, error: SecureTunnelError)] = [
            (
                "HTTP/1.1 407 Authentication Required\r\nProxy-Authenticate: Basic realm=\"a b\"\r\n\r\n",
                .proxyAuthenticationRequired(proxy: name, realm: "a b")
            ),
            ("HTTP/1.1 407 Go away\r\n\r\n", .proxyAuthenticationRequired(proxy: name, realm: nil)),
            (
                "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nproxy-authenticate: Negotiate abc\r\n\r\n",
                .proxySchemeUnknown(proxy: name, schemes: ["NTLM", "Negotiate"])
            ),
            (
                "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: basic realm=\"\u{1B}[2J\"\r\n\r\n",
                .proxyAuthenticationRequired(proxy: name, realm: "\\#033[2J")
            ),
            (
                "HTTP/1.1 403 Forbidden\r\n\r\n<html><style>p {}</style><h1>No  way</h1>\n<p>to go</html>",
                .proxyForbidden(proxy: name, target: place, text: "Forbidden: No way to go")
            ),
            (
                "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\ndown",
                .proxyCannotReach(proxy: name, target: place, status: 502, text: "Bad Gateway: down")
            ),
            (
                "HTTP/1.0 504 Timeout\r\n\r\n",
                .proxyCannotReach(proxy: name, target: place, status: 504, text: "Timeout")
            ),
            (
                "HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n",
                .proxyRefused(proxy: name, target: place, status: 302, text: "Found")
            ),
            (
                "HTTP/1.1 101 Switching\r\n\r\n",
                .proxyRefused(proxy: name, target: place, status: 101, text: "Switching")
            ),
            (
                "HTTP/1.1 405 No\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<p>use\r\n4;x=y\r\n GET\r\n0\r\n\r\n",
                .proxyRefused(proxy: name, target: place, status: 405, text: "No: use GET")
            ),
            ("@RSYNCD: 31.0\n", .notAProxy(proxy: name, firstBytes: Array("@RSYNCD: 31.0\n".utf8))),
            ("HTTP/2 200\r\n\r\n", .notAProxy(proxy: name, firstBytes: Array("HTTP/2 200\r\n\r\n".utf8))),
            ("HTTP/1.1 20x OK\r\n", .notAProxy(proxy: name, firstBytes: Array("HTTP/1.1 20x OK\r\n".utf8))),
            ("HTTP/1.1 200 OK\r\nVia", .notAProxy(proxy: name, firstBytes: Array("HTTP/1.1 200 OK\r\nVia".utf8))),
            ("", .notAProxy(proxy: name, firstBytes: [])),
        ]
        for (reply, expected) in cases {
            let (near, far) = try SocketStream.pair()
            try far.write(Array(reply.utf8))
            try far.closeWrite()
            #expect(throws: expected, "\(reply)") {
                try connectThroughProxy(near, target: target, credentials: nil, within: .seconds(10))
            }
            #expect(throws: TransportError.closed(peer: name)) { try near.read(upTo: 1) }
        }
    }

    @Test("distinguishes a refused login from a missing one, and sends a user without a password")
    func login() throws {
        let (near, far) = try SocketStream.pair()
        try far.write(Array("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"r\"\r\n\r\n".utf8))
        let name = near.peerDescription
        #expect(throws: SecureTunnelError.proxyLoginRefused(proxy: name, user: "mover", realm: "r")) {
            let credentials = ProxyURL.Credentials(user: "mover", password: "")
            try connectThroughProxy(near, target: target, credentials: credentials, within: .seconds(10))
        }
        let request = String(decoding: try far.read(upTo: 1000), as: UTF8.self)
        #expect(request.contains("Proxy-Authorization: Basic bW92ZXI6\r\n"))
    }

    @Test("bounds interim answers together", .timeLimit(.minutes(10)))
    func interim() throws {
        let (near, far) = try SocketStream.pair()
        let flood = try Background {
            let answer = Array("HTTP/1.1 102 Processing\r\n\r\n".utf8)
            while (try? far.write(answer)) != nil {}
        }
        let error = #expect(throws: SecureTunnelError.self) {
            try connectThroughProxy(near, target: target, credentials: nil, within: .seconds(30))
        }
        #expect(error == .proxyReplyTooLong(proxy: near.peerDescription, limit: 65_536))
        try flood.value()
    }

    @Test("bounds the head of a reply, and the wait for it", .timeLimit(.minutes(10)))
    func bounds() throws {
        let (near, far) = try SocketStream.pair()
        let flood = try Background {
            let line = Array("X: \(String(repeating: "y", count: 1000))\r\n".utf8)
            try far.write(Array("HTTP/1.1 200 OK\r\n".utf8))
            while (try? far.write(line)) != nil {}
        }
        let error = #expect(throws: SecureTunnelError.self) {
            try connectThroughProxy(near, target: target, credentials: nil, within: .seconds(30))
        }
        #expect(error == .proxyReplyTooLong(proxy: near.peerDescription, limit: 65_536))
        try flood.value()

        let (silent, other) = try SocketStream.pair()
        let limit = Duration.milliseconds(50)
        #expect(throws: SecureTunnelError.proxySilent(proxy: silent.peerDescription, after: limit)) {
            try connectThroughProxy(silent, target: target, credentials: nil, within: limit)
        }
        other.close()
    }
}

@Suite("BypassList")
struct BypassListTests {
    @Test(
        "decides which hosts are connected directly",
        arguments: [
            ("y.com", "y.com", true), ("y.com", "x.y.com", true), ("y.com", "xy.com", false), ("y.com", "Y.COM.", true),
            (".y.com", "x.y.com", true), (".y.com", "y.com", false), ("*.y.com", "a.b.y.com", true),
            ("*.y.com", "y.com", false),
            ("a, b c", "c", true), ("a,,b", "", false), ("*", "anything", true), ("", "anything", false),
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.128/25", "10.1.2.127", false),
            ("10.1.2.128/25", "10.1.2.200", true), ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false),
            ("10.0.0.7", "10.0.0.7", true), ("10.0.0.7", "10.0.0.70", false), ("10.0.0.7", "x.10.0.0.7", false),
            ("fd00::/8", "fd12::1", true), ("fd00::/8", "fe80::1", false), ("::1", "0:0:0:0:0:0:0:1", true),
            ("10.0.0.7", "::ffff:10.0.0.7", true), ("y.com:443", "y.com", true), ("y.com:80", "y.com", false),
            ("[::1]:443", "::1", true), ("[::1]:80", "::1", false), ("10.0.0.7:80", "10.0.0.7", false),
            ("*:443", "z", true),
        ]
    )
    func contains(list: String, host: String, expected: Bool) throws {
        #expect(try BypassList(parsing: list).contains(HostPort(host: host, port: 443)) == expected)
    }

    @Test("refuses invalid items", arguments: ["10.0.0.0/33", "x/8", "y.com:port", ".", "fd00::1:443x"])
    func unsound(list: String) {
        #expect(throws: SecureTunnelError.self) { try BypassList(parsing: list) }
    }
}

@Suite("ProxyReply")
struct ProxyReplyTests {
    private func reply(_ text: String) -> (ProxyReply, ProxyReply.State) {
        var reply = ProxyReply()
        var state = ProxyReply.State.incomplete
        for byte in text.utf8 where state == .incomplete { state = reply.append(byte) }
        return (reply, state)
    }

    @Test("parses a head with the maximum number of lines once, not once per line", .timeLimit(.minutes(10)))
    func manyLines() {
        let start = ContinuousClock.now
        let (reply, state) = reply("HTTP/1.1 200 OK\n" + String(repeating: "a\n", count: 32_000) + "\n")
        #expect(state == .complete)
        #expect(reply.status == 200)
        #expect(
            ContinuousClock.now - start < .seconds(30),
            "what goes through the head again at each line takes minutes"
        )
    }

    @Test("finds a realm after letters whose lower-case form is longer")
    func realm() {
        let (reply, _) = reply("HTTP/1.1 407 No\r\nProxy-Authenticate: \u{130}\u{130}\u{130} REALM=\"squid\"\r\n\r\n")
        #expect(reply.realm == "squid")
    }
}
