import Foundation
import SecureTunnel
import TestSupport
import Testing
import Transport

/// Pre-shared keys against the real programs, in both directions and both versions.
@Suite("Pre-shared keys InteropTests")
struct KeyInteropTests {
    private static let text = "one:0123456789abcdefghij\ntwo:000102030405060708090a0b0c0d0e0f\n"
    private static let hex = [
        "one": "303132333435363738396162636465666768696a", "two": "000102030405060708090a0b0c0d0e0f",
    ]
    private static let versions = [TLSVersion.tls12, .tls13]

    @Test(
        "a stock stunnel server accepts our key, and we report what it refuses",
        .enabled(if: StunnelProcess.isInstalled, "stunnel4 is not installed"),
        .timeLimit(.minutes(10)),
        arguments: [[], ["ciphers = PSK"]]
    )
    func stunnelServer(settings: [String]) throws {
        let directory = try TemporaryDirectory()
        let greeter = try GreetingServer()
        defer { greeter.stop() }
        let stunnel = try StunnelProcess(
            isClient: false,
            connectingTo: "\(greeter.address)",
            settings: ["PSKsecrets = \(try write(Self.text, in: directory))"] + settings
        )
        defer { stunnel.process.stop() }
        let peer = "127.0.0.1:\(stunnel.port)"
        for version in Self.versions {
            func call(_ text: String, _ identity: String? = nil) throws -> SecureTunnelError? {
                greeting(of: stunnel.port, as: try TLSContext(client: try client(text, identity, version)))
            }
            #expect(try call(Self.text) == nil)
            #expect(try call(Self.text, "two") == nil)
            let unknown = try call("nobody:0123456789abcdefghij")
            #expect(
                unknown
                    == (version == .tls12
                        ? .preSharedKeyUnknown(peer: peer, identity: "nobody")
                        : .preSharedKeyRefused(peer: peer, identity: "nobody"))
            )
            #expect(try call("one:0123456789abcdefghiJ") == .preSharedKeyMismatch(peer: peer, identity: "one"))
        }
    }

    @Test(
        "a stock stunnel client authenticates to us, and we report what is wrong with it",
        .enabled(if: StunnelProcess.isInstalled, "stunnel4 is not installed"),
        .timeLimit(.minutes(10)),
        arguments: versions
    )
    func stunnelClient(version: TLSVersion) throws {
        let cases: [(text: String, settings: [String], identity: String?)] = [
            (Self.text, [], "one"), (Self.text, ["ciphers = PSK"], "one"), (Self.text, ["PSKidentity = two"], "two"),
            ("nobody:0123456789abcdefghij", [], nil), ("one:0123456789abcdefghiJ", [], nil),
        ]
        let directory = try TemporaryDirectory()
        var server = TLSServerConfiguration(preSharedKeys: try keys(Self.text))
        server.maximumVersion = version
        let context = try TLSContext(server: server)
        for (text, settings, identity) in cases {
            let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
            let stunnel = try StunnelProcess(
                isClient: true,
                connectingTo: "\(listener.address)",
                settings: ["PSKsecrets = \(try write(text, in: directory))"] + settings
            )
            defer { stunnel.process.stop() }
            let answer = try Background { () -> Result<TLSSession, SecureTunnelError> in
                let socket = try listener.accept(within: .seconds(10))
                return Result { () throws(SecureTunnelError) in
                    let stream = try TLSStream.accept(over: socket, context: context, within: .seconds(10))
                    try greet(stream)
                    return stream.session
                }
            }
            let plain = try dial(HostPort(host: "127.0.0.1", port: stunnel.port), within: .seconds(10))
            let isIn = (try? plain.read(upTo: 100)) == GreetingServer.words
            plain.close()
            let outcome = try answer.value()
            #expect(isIn == (identity != nil), "\(outcome)")
            if let identity {
                #expect(try outcome.get().preSharedKeyIdentity == identity)
                #expect(try outcome.get().version == (version == .tls12 ? "TLSv1.2" : "TLSv1.3"))
            } else if text.hasPrefix("nobody") {
                guard case .preSharedKeyUnknown(_, "nobody") = outcome.failure else { throw Unexpected(outcome) }
            } else {
                guard case .preSharedKeyMismatch(_, "one") = outcome.failure else { throw Unexpected(outcome) }
            }
        }
    }

    @Test("openssl s_server accepts our key", .timeLimit(.minutes(10)), arguments: versions, ["one", "two"])
    func sServer(version: TLSVersion, identity: String) throws {
        let port = freePort()
        let server = try ChildProcess(
            "/usr/bin/openssl",
            ["s_server", "-accept", "127.0.0.1:\(port)", "-nocert", "-rev", version == .tls12 ? "-tls1_2" : "-tls1_3"]
                + ["-psk_identity", identity, "-psk", try #require(Self.hex[identity])]
        )
        defer { server.stop() }
        try server.waitForOutput("ACCEPT")
        let stream = try TLSStream.connect(
            over: try dial(HostPort(host: "127.0.0.1", port: port), within: .seconds(10)),
            context: try TLSContext(client: try client(Self.text, identity, version)),
            serverName: "localhost",
            within: .seconds(10)
        )
        try stream.write(Array("desrever\n".utf8))
        #expect(try stream.read(upTo: 100) == Array("reversed\n".utf8))
        #expect(stream.session.preSharedKeyIdentity == identity)
        stream.close()
    }

    @Test("openssl s_client authenticates to us, twice with one session", .timeLimit(.minutes(10)), arguments: versions)
    func sClient(version: TLSVersion) throws {
        let directory = try TemporaryDirectory()
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let context = try TLSContext(server: TLSServerConfiguration(preSharedKeys: try keys(Self.text)))
        let common =
            ["s_client", "-connect", "\(listener.address)", version == .tls12 ? "-tls1_2" : "-tls1_3"]
            + ["-psk_identity", "two", "-psk", try #require(Self.hex["two"])]
        let session = directory.file("session")
        for (arguments, isResumed) in [(["-sess_out", session], false), (["-sess_in", session], true)] {
            let client = try ChildProcess("/usr/bin/openssl", common + arguments)
            let stream = try TLSStream.accept(
                over: try listener.accept(within: .seconds(10)),
                context: context,
                within: .seconds(10)
            )
            #expect(stream.session.preSharedKeyIdentity == "two")
            #expect(stream.session.isResumed == isResumed)
            try stream.write(Array("pong\n".utf8))
            try client.waitForOutput("pong")
            try stream.closeWrite()
            stream.close()
            _ = try client.waitForExit()
        }
    }

    private func client(_ text: String, _ identity: String?, _ version: TLSVersion) throws -> TLSClientConfiguration {
        var client = TLSClientConfiguration(trust: .preSharedKey)
        client.preSharedKeys = try keys(text)
        client.preSharedKeyIdentity = identity
        client.minimumVersion = version
        client.maximumVersion = version
        return client
    }

    private func write(_ text: String, in directory: TemporaryDirectory) throws -> String {
        let path = directory.file(UUID().uuidString)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }
}
