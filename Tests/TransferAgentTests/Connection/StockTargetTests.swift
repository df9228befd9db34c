import AgentTestSupport
import Foundation
import SecureTunnel
import TestSupport
import Testing
import Transport

@testable import TransferAgent

@Suite(
    "Stock target",
    .serialized,
    .timeLimit(.minutes(10)),
    .enabled(if: StockTarget.isInstalled, "stunnel or rsync is not installed")
)
struct StockTargetTests {
    private let authority: CertificateAuthority
    private let stock: StockTarget
    private let directory: TemporaryDirectory

    init() throws {
        authority = try CertificateAuthority()
        stock = try StockTarget(showing: try authority.issue("localhost", alternativeNames: "IP:127.0.0.1"))
        directory = try TemporaryDirectory()
        try write("hello", to: directory.file("file"))
    }

    private func settings(to address: String) -> TransferSettings {
        var settings = TransferSettings(
            volumes: ["data=" + directory.path],
            target: address,
            trust: .authorities(authority.files.certificate)
        )
        settings.environmentPassword = SecretBytes("secret")
        return settings
    }

    @Test(
        "a target that accepts a single connection gets a volume over it; only counting deletions needs another",
        arguments: CheckPolicy.allCases,
        [false, true]
    )
    func singleCall(check: CheckPolicy, isCounting: Bool) async throws {
        defer { stock.stop() }
        let relay = try OneCallRelay(to: stock.tunnel.port)
        var settings = settings(to: relay.address)
        settings.pass.check = check
        settings.pass.allowEmptySource = !isCounting
        settings.pass.deleteLimit = isCounting ? 50 : 100
        let outcome = try #require(try await transfer(settings).first)
        #expect(outcome.error == nil)
        #expect(try String(contentsOfFile: stock.data("file"), encoding: .utf8) == "hello")
        #expect(relay.calls == (isCounting ? 2 : 1))
    }

    @Test(
        "through a proxy, too, there is one connection",
        .enabled(if: ProxyProcess.Program.tinyproxy.isInstalled, "tinyproxy is not installed")
    )
    func singleCallThroughProxy() async throws {
        defer { stock.stop() }
        let relay = try OneCallRelay(to: stock.tunnel.port)
        let proxy = try ProxyProcess(.tinyproxy, connectPorts: [relay.port])
        defer { proxy.process.stop() }
        var settings = settings(to: relay.address)
        settings.proxy = "http://mover:s3cret@127.0.0.1:\(proxy.port)"
        settings.pass.delete = false
        let outcome = try #require(try await transfer(settings).first)
        #expect(outcome.error == nil)
        #expect(relay.calls == 1)
    }

    @Test("several volumes are transferred in turn to a daemon that accepts one connection at a time")
    func severalVolumes() async throws {
        defer { stock.stop() }
        var settings = settings(to: "127.0.0.1:\(stock.tunnel.port)")
        settings.volumes.append("beside=" + directory.path)
        let outcomes = try await transfer(settings)
        #expect(outcomes.map(\.error?.failure) == [nil, nil])
        // A call more where the daemon still counted the one before.
        #expect(stock.tunnel.process.output.split(separator: "Service [rsync] accepted connection").count >= 3)
    }

    @Test("a server that closes connections with unknown application protocols is called without ours")
    func otherProtocols() throws {
        defer { stock.stop() }
        let leaf = try authority.issue("localhost", alternativeNames: "IP:127.0.0.1")
        let port = freePort()
        let server = try ChildProcess(
            "/usr/bin/openssl",
            ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", leaf.certificate, "-key", leaf.key, "-alpn", "h2"]
        )
        defer { server.stop() }
        try server.waitForOutput("ACCEPT")
        let route = try TargetRoute(settings(to: "127.0.0.1:\(port)"))
        let password = { () throws(AgentError) in SecretBytes("secret") }
        let answer = try route.answer(for: CancellableCall(), user: "root", password: password)
        guard case .stock(let stream) = answer else { throw Unexpected("it is taken for a target of our kind") }
        try stream.write(Array("are you there\n".utf8))
        try server.waitForOutput("are you there")
        #expect(server.output.contains("no application protocol"))
        stream.close()
    }
}
