import AgentControl
import AgentTestSupport
import SecureTunnel
import TestSupport
import Testing
import Transport
import VolumeCapacity

@testable import TransferAgent

@Suite("Control channel in TLS", .serialized, .timeLimit(.minutes(10)))
struct ControlTunnelTests {
    @Test("a dvm-target offers it, and it does not count as a session")
    func offered() async throws {
        let target = try Target(sessionLimit: 1)
        let route = try TargetRoute(target.settings)
        // Not on the pool's threads: the target needs one of them to begin.
        let outcome = try await onThread("test", cancel: {}) { Result { try Self.converse(route) } }
        try outcome.get()
    }

    private static func control(_ route: TargetRoute) throws -> ControlClient {
        let password = { () throws(AgentError) in SecretBytes("secret") }
        guard case .ours(let client) = try route.answer(for: CancellableCall(), user: "root", password: password) else {
            throw Unexpected("it is taken for a stock target")
        }
        return client
    }

    private static func converse(_ route: TargetRoute) throws {
        let (first, second) = (try control(route), try control(route))
        let facts = try first.facts(ofVolume: "data")
        #expect(facts.isEmpty)
        #expect(try second.facts(ofVolume: "data").abilities == facts.abilities)
        let stream = try route.connect(for: CancellableCall())
        let greeting = String(decoding: try stream.read(upTo: 100), as: UTF8.self)
        #expect(greeting.hasPrefix("@RSYNCD:"))
        stream.close()
        first.close()
        second.close()
    }

    @Test("a stock target does not, gets no login, and its connection is reused")
    func stock() throws {
        let authority = try CertificateAuthority()
        let leaf = try authority.issue("localhost", alternativeNames: "DNS:localhost")
        let identity = TLSIdentity(certificateChainFile: leaf.certificate, privateKeyFile: leaf.key)
        let context = try TLSContext(server: TLSServerConfiguration(identity: identity))
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let server = try Background {
            let stream = try TLSStream.accept(over: try listener.accept(), context: context, within: .seconds(10))
            try stream.write(Array("greeting".utf8))
            return try stream.read(upTo: 10)
        }
        var settings = TransferSettings(
            volumes: ["data=/tmp"],
            target: "127.0.0.1:\(listener.address.port)",
            trust: .authorities(authority.files.certificate)
        )
        settings.serverName = "localhost"
        let route = try TargetRoute(settings)
        let answer = try route.answer(for: CancellableCall(), user: "root") { () throws(AgentError) in
            Issue.record("the password was asked for")
            return SecretBytes("")
        }
        guard case .stock(let stream) = answer else { throw Unexpected("it is taken for a target of our kind") }
        #expect(String(decoding: try stream.read(upTo: 100), as: UTF8.self) == "greeting")
        try stream.write(Array("answer".utf8))
        #expect(try server.value() == Array("answer".utf8))
    }
}

@Suite("Log line of a control conversation")
struct ControlReportTests {
    @Test("a failed login logs nothing that the client sent")
    func refused() {
        var report = ControlServer.Report()
        report.failure = .loginRefused("wrong user or password")
        #expect(report.line == ": refused: auth failed")
    }

    @Test("the error follows the user and the number of requests")
    func failed() {
        var report = ControlServer.Report()
        (report.user, report.answered, report.failure) = ("root", 2, .broken("a frame of kind 7"))
        #expect(
            report.line
                == ", user root: control, 2 requests: protocol violation on the control channel: a frame of kind 7"
        )
    }
}
