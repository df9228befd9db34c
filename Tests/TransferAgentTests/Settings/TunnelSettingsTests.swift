import AgentTestSupport
import Foundation
import Logging
import SecureTunnel
import TestSupport
import Testing

@testable import TransferAgent

/// Who lets whom in, from one agent to the other.
@Suite("Trust between the agents", .timeLimit(.minutes(10)))
struct TunnelSettingsTests {
    private static let known = "one:0123456789abcdefghij\n"

    @Test("a pre-shared key excludes a certificate, and different keys are distinguished")
    func preSharedKey() async throws {
        let stage = try Stage()
        let target = try stage.target { $0.preSharedKeys = try stage.file("keys", Self.known) }
        var settings = stage.source(target, trust: .preSharedKey(try stage.file("same", Self.known)))
        let outcome = try await stage.transfer(settings)
        #expect(outcome?.exitCode == 0, "\(outcome?.error as Any)")
        #expect(try String(contentsOfFile: stage.directory.file("target/file"), encoding: .utf8) == "content")

        settings.trust = .preSharedKey(try stage.file("other", "one:0123456789abcdefghiJ"))
        #expect(try await stage.transfer(settings)?.error?.failure == .preSharedKeyMismatch)
        settings.trust = .preSharedKey(try stage.file("nobody", "nobody:0123456789abcdefghij"))
        #expect(try await stage.transfer(settings)?.error?.failure == .preSharedKeyMissing)
        settings.trust = .insecure
        #expect(try await stage.transfer(settings)?.error?.exitCode == 10)

        let log = try stage.finish(target)
        try #require(log.count == 4, "\(log)")
        #expect(log[0].hasSuffix("exit code 0"))
        #expect(log[1].contains("DVM-1219") && log[1].contains("identity \"one\""))
        #expect(log[2].contains("DVM-1216") && log[2].contains("identity \"nobody\""))
        #expect(log[3].contains("DVM-1220"))
        #expect(!log.joined().contains("0123456"))
    }

    @Test("a target with a client CA admits its clients and those with a key, and says what the others lack")
    func mutual() async throws {
        let stage = try Stage()
        let authority = try CertificateAuthority()
        let leaf = try authority.issue("localhost", alternativeNames: "IP:127.0.0.1")
        let client = try authority.issue("mover")
        let stranger = try CertificateAuthority(name: "Stranger").issue("mover")
        let target = try stage.target {
            ($0.certificate, $0.privateKey) = (leaf.certificate, leaf.key)
            $0.clientAuthorities = authority.files.certificate
            $0.preSharedKeys = try stage.file("keys", Self.known)
        }
        var settings = stage.source(target, trust: .authorities(authority.files.certificate))
        #expect(try await stage.transfer(settings)?.error?.failure == .clientCertificateRequired)
        (settings.certificate, settings.privateKey) = (stranger.certificate, stranger.key)
        #expect(try await stage.transfer(settings)?.error?.failure == .clientCertificateRefused)
        (settings.certificate, settings.privateKey) = (client.certificate, client.key)
        #expect(try await stage.transfer(settings)?.exitCode == 0)
        settings = stage.source(target, trust: .preSharedKey(try stage.file("same", Self.known)))
        #expect(try await stage.transfer(settings)?.exitCode == 0)
        #expect(try stage.finish(target).map { $0.contains("DVM-12") } == [true, true, false, false])
    }

    @Test("keys that everybody can read cause warnings on both sides, and are refused by --strict-secrets")
    func exposed() async throws {
        let stage = try Stage()
        let authority = try CertificateAuthority()
        let leaf = try authority.issue("localhost", alternativeNames: "IP:127.0.0.1")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: leaf.key)
        let keys = try stage.file("keys", Self.known, mode: 0o644)
        let target = try stage.target {
            ($0.certificate, $0.privateKey, $0.preSharedKeys) = (leaf.certificate, leaf.key, keys)
        }
        let warnings = [keys, leaf.key].map { "WARNING: \($0): other users can read it" }
        let lines = try stage.finish(target)
        #expect(lines.count == 2 && zip(lines, warnings).allSatisfy { $0.hasSuffix(" WARNING " + $1) }, "\(lines)")
        var settings = stage.source(target, trust: .preSharedKey(keys))
        (settings.certificate, settings.privateKey) = (leaf.certificate, leaf.key)
        settings.passwordFile = try stage.file("password", "secret", mode: 0o440)
        let password = "WARNING: \(stage.directory.file("password")): its group can read it"
        #expect(try SourceJob(settings).warnings == [password] + warnings)

        settings.strictSecrets = true
        let error = #expect(throws: AgentError.self) { try SourceJob(settings) }
        #expect(error?.failure == .badSecretFile)
        #expect(error?.observed == "\(keys) cannot be used: other users can read it")
        #expect(throws: AgentError.self) {
            try stage.target {
                ($0.certificate, $0.privateKey, $0.strictSecrets) = (leaf.certificate, leaf.key, true)
            }
        }
        #expect(chmod(keys, 0o602) == 0)
        settings.strictSecrets = false
        #expect(throws: AgentError.self) { try SourceJob(settings) }
    }

    @Test(
        "a target is told what its tunnel lacks",
        arguments: [
            ("", "TLS requires --certificate and --private-key, or --psk-file"),
            ("certificate", "--certificate and --private-key must be used together"),
            ("key", "--certificate and --private-key must be used together"),
            ("authorities, secrets", "--client-ca requires --certificate and --private-key"),
        ]
    )
    func incomplete(given: String, words: String) throws {
        let error = #expect(throws: AgentError.self) {
            try Stage().target { settings in
                settings.certificate = given.contains("certificate") ? "/missing" : nil
                settings.privateKey = given.contains("key") ? "/missing" : nil
                settings.clientAuthorities = given.contains("authorities") ? "/missing" : nil
                settings.preSharedKeys = given.contains("secrets") ? "/missing" : nil
            }
        }
        #expect(error == AgentError(.badSetting, words, exitCode: 1))
    }
}

/// A volume on each side, and what runs between them.
private struct Stage {
    /// A target and what it logs.
    struct Target {
        let service: TargetService
        let log: Memory
        let serving: Background<AgentError?>
    }

    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for name in ["source", "target"] {
            try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
        }
        _ = try file("source/file", "content")
        _ = try file("credentials", "root:secret\n")
    }

    func file(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let path = directory.file(name)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    func target(_ change: (inout ServeSettings) throws -> Void) throws -> Target {
        var settings = ServeSettings(
            listen: "127.0.0.1:0",
            certificate: nil,
            privateKey: nil,
            volumes: ["data=" + directory.file("target")],
            credentials: directory.file("credentials")
        )
        try change(&settings)
        let log = Memory()
        let service = try TargetService(settings, log: .agent("dvm-target", output: log))
        return Target(service: service, log: log, serving: try Background { service.serve() })
    }

    func source(_ target: Target, trust: TransferSettings.Trust) -> TransferSettings {
        var settings = TransferSettings(
            volumes: ["data=" + directory.file("source")],
            target: "127.0.0.1:\(target.service.port)",
            trust: trust
        )
        settings.environmentPassword = SecretBytes("secret")
        settings.pass.attempts = 1
        return settings
    }

    func transfer(_ settings: TransferSettings) async throws -> VolumeOutcome? {
        let display = ProgressDisplay(style: .none, output: Memory(), log: .agent("dvm-source", output: Memory()))
        return await TransferRun(try SourceJob(settings), display: display).run().first
    }

    /// Ends a target and hands over its log.
    func finish(_ target: Target) throws -> [String] {
        target.service.close()
        #expect(try target.serving.value() == nil)
        #expect(target.service.finish(within: .seconds(10)))
        return target.log.lines
    }
}
