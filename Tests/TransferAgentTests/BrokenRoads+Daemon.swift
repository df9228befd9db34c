import SecureTunnel
import TestSupport

@testable import TransferAgent

extension BrokenRoad {
    /// Roads with trouble behind TLS.
    static let daemons: [BrokenRoad] = [
        BrokenRoad(failure: .sourceUnreadable, rung: .source, title: "a source that is not there") { parts in
            parts.settings.volumes = ["data=/nonexistent"]
            return []
        },
        BrokenRoad(failure: .daemonSilent, rung: .greeting, title: "a tunnel that ends without a greeting") { parts in
            parts.go(to: try ScriptedServer(tls: try parts.leaf()) { _ in })
        },
        BrokenRoad(failure: .notADaemon, rung: .greeting, title: "a web server behind TLS") { parts in
            try parts.goToDaemon(saying: "HTTP/1.1 400 Bad Request\r\n\r\n")
        },
        BrokenRoad(failure: .protocolVersion, rung: .greeting, title: "an rsync of twenty years ago") { parts in
            try parts.goToDaemon(saying: "@RSYNCD: 26\n")
        },
        BrokenRoad(failure: .unknownVolume, rung: .volume, title: "a volume that the target does not have") { parts in
            parts.settings.volumes = ["nope=" + parts.target.directory.file("source")]
            return []
        },
        BrokenRoad(failure: .accessDenied, rung: .volume, title: "stock rsync that denies the host") { parts in
            try parts.goToStock(module: "denied")
        },
        BrokenRoad(failure: .targetBusy, rung: .volume, title: "stock rsync without room for connections") { parts in
            try parts.goToStock(module: "busy")
        },
        BrokenRoad(failure: .targetUnusable, rung: .volume, title: "stock rsync with a missing path") { parts in
            try parts.goToStock(module: "broken")
        },
        BrokenRoad(failure: .refusedByTarget, rung: .volume, title: "a daemon with a reason of its own") { parts in
            try parts.goToDaemon(saying: greeting, then: "@ERROR: not on Sundays\n")
        },
        BrokenRoad(failure: .passwordMissing, rung: .password, title: "no password") { parts in
            parts.settings.environmentPassword = nil
            return []
        },
        BrokenRoad(failure: .loginRefused, rung: .password, title: "a wrong password") { parts in
            parts.settings.environmentPassword = SecretBytes("wrong")
            return []
        },
        BrokenRoad(failure: .readOnlyVolume, rung: .writing, title: "stock rsync with a read-only module") { parts in
            try parts.goToStock(module: "readonly")
        },
    ]

    /// All of them; no two give the same code.
    static let all = network + proxies + tunnels + certificates + daemons
}
