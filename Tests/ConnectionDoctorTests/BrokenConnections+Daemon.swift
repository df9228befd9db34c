import AgentTestSupport
import SecureTunnel
import TestSupport
import TransferAgent

@testable import ConnectionDoctor

extension BrokenConnection {
    /// Connections with a fault inside TLS.
    static let daemons: [BrokenConnection] = [
        BrokenConnection(failure: .sourceUnreadable, check: .source, title: "a source that is not there") { parts in
            parts.settings.volumes = ["data=/nonexistent"]
            return []
        },
        BrokenConnection(failure: .daemonSilent, check: .greeting, title: "a tunnel that ends without a greeting") {
            parts in
            parts.go(to: try ScriptedServer(tls: try parts.leaf()) { _ in })
        },
        BrokenConnection(failure: .notADaemon, check: .greeting, title: "a web server behind TLS") { parts in
            try parts.goToDaemon(saying: "HTTP/1.1 400 Bad Request\r\n\r\n")
        },
        BrokenConnection(failure: .protocolVersion, check: .greeting, title: "an rsync of twenty years ago") { parts in
            try parts.goToDaemon(saying: "@RSYNCD: 26\n")
        },
        BrokenConnection(failure: .unknownVolume, check: .volume, title: "a volume that the target does not have") {
            parts in
            parts.settings.volumes = ["nope=" + parts.target.directory.file("source")]
            return []
        },
        BrokenConnection(failure: .accessDenied, check: .volume, title: "stock rsync that denies the host") { parts in
            try parts.goToStock(module: "denied")
        },
        BrokenConnection(failure: .targetBusy, check: .volume, title: "stock rsync without room for connections") {
            parts in
            try parts.goToStock(module: "busy")
        },
        BrokenConnection(failure: .targetUnusable, check: .volume, title: "stock rsync with a missing path") { parts in
            try parts.goToStock(module: "broken")
        },
        BrokenConnection(failure: .refusedByTarget, check: .volume, title: "a daemon with a reason of its own") {
            parts in
            try parts.goToDaemon(saying: greeting, then: "@ERROR: not on Sundays\n")
        },
        BrokenConnection(failure: .passwordMissing, check: .password, title: "no password") { parts in
            parts.settings.environmentPassword = nil
            return []
        },
        BrokenConnection(failure: .loginRefused, check: .password, title: "a wrong password") { parts in
            parts.settings.environmentPassword = SecretBytes("wrong")
            return []
        },
        BrokenConnection(failure: .readOnlyVolume, check: .writing, title: "stock rsync with a read-only module") {
            parts in
            try parts.goToStock(module: "readonly")
        },
    ]

    /// All of them; no two give the same code.
    static let all = network + proxies + tunnels + certificates + daemons
}
