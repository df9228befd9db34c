import Foundation
import Logging
import SecureTunnel
package import TestSupport
package import TransferAgent

/// A target in this process, with a volume `data`, the user `root` and the password `secret`.
package final class Target: Sendable {
    package let directory: TemporaryDirectory
    package let authority: CertificateAuthority
    package let service: TargetService
    package let log = Memory()
    private let serving: Background<AgentError?>

    // Without a path the volume is a directory of the target's own.
    package init(
        volume: String? = nil,
        listen: String = "127.0.0.1:0",
        others: [String] = [],
        sessionLimit: Int = 32,
        keepAlive: Duration = KeepAlive.usual,
        format: LogFormat = .text
    ) throws {
        directory = try TemporaryDirectory()
        authority = try CertificateAuthority()
        let leaf = try authority.issue("localhost", alternativeNames: "DNS:localhost,IP:127.0.0.1")
        for name in ["source", "target"] {
            try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
        }
        try write("root:secret\n", to: directory.file("credentials"))
        var settings = ServeSettings(
            listen: listen,
            certificate: leaf.certificate,
            privateKey: leaf.key,
            volumes: ["data=" + (volume ?? directory.file("target"))] + others,
            credentials: directory.file("credentials")
        )
        settings.listenPlain = "127.0.0.1:0"
        settings.sessionLimit = sessionLimit
        // What else writes to this machine's disk should not decide how long a test takes.
        settings.durability = .none
        settings.keepAlive = keepAlive
        let service = try TargetService(settings, log: .agent("dvm-target", format: format, output: log))
        self.service = service
        serving = try Background { service.serve() }
    }

    deinit { service.close() }

    /// What a source needs to push here.
    package var settings: TransferSettings {
        var settings = TransferSettings(
            volumes: ["data=" + directory.file("source")],
            target: "127.0.0.1:\(service.port)",
            trust: .authorities(authority.files.certificate)
        )
        settings.environmentPassword = SecretBytes("secret")
        // A test learns of a failure at once.
        settings.pass.attempts = 1
        return settings
    }

    package func source(_ name: String) -> String { directory.file("source/" + name) }
    package func target(_ name: String) -> String { directory.file("target/" + name) }

    /// Ends the service and hands over its log.
    package func finish() throws -> [String] {
        service.close()
        if let failure = try serving.value() { throw failure }
        guard service.finish(within: .seconds(10)) else { throw Unexpected("sessions did not end by themselves") }
        return log.lines
    }
}

/// Runs a transfer silently; each volume is tried once unless the settings say otherwise.
package func transfer(_ settings: TransferSettings) async throws -> [VolumeOutcome] {
    var settings = settings
    if settings.pass.attempts == PassSettings().attempts { settings.pass.attempts = 1 }
    let display = ProgressDisplay(style: .none, output: Memory(), log: .agent("dvm-source", output: Memory()))
    return await TransferRun(try SourceJob(settings), display: display).run()
}

/// Writes a file with a mode.
package func write(_ text: String, to path: String, mode: Int = 0o600) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
}
