import TestSupport
import Transport

@testable import TransferAgent

extension BrokenRoad {
    /// Roads that end before TLS begins.
    static let network: [BrokenRoad] = [
        BrokenRoad(failure: .unknownHost, rung: .name, title: "a name without an address") { parts in
            parts.go(to: "no-such-host.invalid:443")
        },
        BrokenRoad(failure: .connectionRefused, rung: .connection, title: "a port that nobody listens on") { parts in
            parts.go(to: "127.0.0.1:\(freePort())")
        },
        BrokenRoad(failure: .unreachable, rung: .connection, title: "an address that no TCP reaches") { parts in
            parts.go(to: "224.0.0.1:443")
        },
        BrokenRoad(failure: .connectTimeout, rung: .connection, title: "a port that answers nobody") { parts in
            let port = try DeafPort()
            parts.settings.target = "127.0.0.1:\(port.number)"
            parts.settings.stepLimit = .milliseconds(300)
            return [port]
        },
        BrokenRoad(failure: .connectionLost, rung: .volume, title: "a daemon that ends in the middle of a word") {
            parts in
            try parts.goToDaemon(saying: greeting, then: "@RSYNCD: AUTH")
        },
        BrokenRoad(failure: .idleCut, rung: .idle, title: "a relay that cuts quiet connections", isForDoctor: true) {
            parts in
            let relay = try IdleCutter(to: parts.settings.target, after: .milliseconds(400))
            parts.settings.target = relay.address
            return [relay]
        },
    ]

    static let greeting = "@RSYNCD: 31.0\n"

    /// Roads with a proxy that is the trouble.
    static let proxies: [BrokenRoad] = [
        BrokenRoad(failure: .proxyUnknownHost, rung: .name, title: "a proxy's name without an address") { parts in
            parts.goThroughProxy(at: "http://no-such-host.invalid:3128")
        },
        BrokenRoad(failure: .proxyUnreachable, rung: .connection, title: "a proxy that does not listen") { parts in
            parts.goThroughProxy(at: "http://127.0.0.1:\(freePort())")
        },
        BrokenRoad(failure: .proxySilent, rung: .proxy, title: "a proxy that never answers") { parts in
            let server = try ScriptedServer { stream in while try !stream.read(upTo: 100).isEmpty {} }
            parts.settings.proxy = "http://" + server.address
            parts.settings.stepLimit = .milliseconds(300)
            return [server]
        },
        BrokenRoad(failure: .notAProxy, rung: .proxy, title: "an rsync daemon instead of a proxy") { parts in
            parts.goThroughProxy(at: "http://127.0.0.1:\(parts.target.service.plainPort ?? 0)")
        },
        BrokenRoad(failure: .proxyAuthentication, rung: .proxy, title: "squid without a user") { parts in
            try parts.goThroughSquid(user: nil)
        },
        BrokenRoad(failure: .proxyLoginRefused, rung: .proxy, title: "squid with a wrong password") { parts in
            try parts.goThroughSquid(user: "mover:wrong")
        },
        BrokenRoad(failure: .proxyForbidden, rung: .proxy, title: "squid with a forbidden port") { parts in
            try parts.goThroughSquid(user: "mover:!:s3cret", to: "127.0.0.1:9")
        },
        BrokenRoad(failure: .proxyCannotReach, rung: .proxy, title: "squid with a target that refuses") { parts in
            try parts.goThroughSquid(user: "mover:!:s3cret", to: "127.0.0.1:\(freePort())")
        },
        BrokenRoad(failure: .proxySchemeUnknown, rung: .proxy, title: "a proxy that wants NTLM") { parts in
            try parts.goThroughProxy(saying: "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\n\r\n")
        },
        BrokenRoad(failure: .proxyTargetTimeout, rung: .proxy, title: "a proxy whose target is silent") { parts in
            try parts.goThroughProxy(saying: "HTTP/1.1 504 Gateway Time-out\r\nContent-Length: 0\r\n\r\n")
        },
        BrokenRoad(failure: .proxyRefused, rung: .proxy, title: "a proxy without CONNECT") { parts in
            try parts.goThroughProxy(saying: "HTTP/1.1 405 Method Not Allowed\r\n\r\n<h1>GET only</h1>")
        },
    ]
}
