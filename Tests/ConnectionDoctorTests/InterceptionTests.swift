import AgentTestSupport
import SecureTunnel
import Synchronization
import TestSupport
import Testing
import TransferAgent

@testable import ConnectionDoctor

@Suite("Interception", .serialized, .timeLimit(.minutes(10)))
struct InterceptionTests {
    private let target: Target
    private var settings: TransferSettings

    init() async throws {
        target = try await offPool { try Target() }
        settings = target.settings
        settings.target = "localhost:\(target.service.port)"
    }

    @Test(
        "a proxy that intercepts TLS is reported, however the target is verified, and gets nothing",
        arguments: ["authority", "pin"]
    )
    func opened(trust: String) async throws {
        let proxy = try await offPool { try InterceptingProxy() }
        var settings = settings
        settings.proxy = proxy.url
        if trust == "pin" { settings.trust = .pin(String(repeating: "ab", count: 32)) }
        let (failure, _) = try await examine(settings, .none)
        #expect(failure?.failure == .intercepted)
        #expect(failure?.observed.contains("CN=Corporate Inspection") == true)
        #expect(failure?.observed.contains("invented") == true)
        let outcome = try #require(try await transfer(settings).first)
        #expect(outcome.error?.failure == .intercepted)
        #expect(proxy.eavesdropped.withLock { $0 } == 0)
    }

    @Test("a proxy that copies the target's name is detected by a connection without it")
    func copied() async throws {
        let proxy = try await offPool { try InterceptingProxy(mint: .always("localhost")) }
        var settings = settings
        settings.proxy = proxy.url
        let (failure, _) = try await examine(settings, .none)
        #expect(failure?.failure == .intercepted)
        #expect(failure?.observed.contains("without the proxy") == true)
    }

    @Test("a TLS inspection product is recognised by its name, even without a proxy or verification")
    func product() async throws {
        let forged = try await offPool {
            let zscaler = try CertificateAuthority(name: "Zscaler Intermediate Root CA")
            return try zscaler.issue("localhost", alternativeNames: "DNS:localhost")
        }
        let server = try ScriptedServer(tls: forged) { stream in try stream.write("@RSYNCD: 31.0\n") }
        var settings = settings
        settings.target = "localhost:\(server.port)"
        #expect(try await examine(settings, .none).failure?.failure == .intercepted)
        settings.trust = .insecure
        #expect(try await examine(settings, .none).failure?.failure == .intercepted)
        withExtendedLifetime(server) {}
    }

    @Test(
        "a proxy that passes TLS through carries a doctor and a transfer",
        .enabled(if: ProxyProcess.Program.allCases.allSatisfy(\.isInstalled), "a proxy is not installed"),
        arguments: ProxyProcess.Program.allCases
    )
    func passed(program: ProxyProcess.Program) async throws {
        let port = target.service.port
        let proxy = try await offPool { try ProxyProcess(program, connectPorts: [port]) }
        defer { proxy.process.stop() }
        var settings = settings
        settings.proxy = "http://mover:\(program.password)@127.0.0.1:\(proxy.port)"
        let (failure, lines) = try await examine(settings, .none)
        #expect(failure == nil)
        #expect(lines.contains { $0.contains("\"check\":\"proxy\"") && $0.contains("\"ok\"") })
        #expect(try await transfer(settings).worstExitCode == 0)
        // The wrong authority behind such a proxy is a wrong authority, not a crime of the proxy.
        let other = try await offPool { try CertificateAuthority(name: "Another") }
        settings.trust = .authorities(other.files.certificate)
        #expect(try await examine(settings, .none).failure?.failure == .unknownAuthority)
        settings.trust = .authorities(target.authority.files.certificate)
        settings.serverName = "elsewhere.example"
        #expect(try await examine(settings, .none).failure?.failure == .wrongName)
        withExtendedLifetime(other) {}
    }
}
