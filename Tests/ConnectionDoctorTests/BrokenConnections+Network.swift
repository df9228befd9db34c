import AgentTestSupport
import TestSupport
import TransferAgent
import Transport

@testable import ConnectionDoctor

extension BrokenConnection {
    /// Connections that fail before TLS begins.
    static let network: [BrokenConnection] = [
        BrokenConnection(failure: .unknownHost, check: .name, title: "a name without an address") { parts in
            parts.go(to: "no-such-host.invalid:443")
        },
        BrokenConnection(failure: .connectionRefused, check: .connection, title: "a port that nobody listens on") {
            parts in
            parts.go(to: "127.0.0.1:\(freePort())")
        },
        BrokenConnection(failure: .unreachable, check: .connection, title: "an address that no TCP reaches") { parts in
            parts.go(to: "224.0.0.1:443")
        },
        BrokenConnection(failure: .connectTimeout, check: .connection, title: "a port that answers nobody") { parts in
            let port = try DeafPort()
            parts.settings.target = "127.0.0.1:\(port.number)"
            parts.settings.stepLimit = .milliseconds(300)
            return [port]
        },
        BrokenConnection(failure: .connectionLost, check: .volume, title: "a daemon that ends in the middle of a word")
        {
            parts in
            try parts.goToDaemon(saying: greeting, then: "@RSYNCD: AUTH")
        },
        BrokenConnection(
            failure: .idleCut,
            check: .idle,
            title: "a relay that cuts quiet connections",
            isForDoctor: true
        ) {
            parts in
            let relay = try IdleCutter(to: parts.settings.target, after: .milliseconds(400))
            parts.settings.target = relay.address
            return [relay]
        },
    ]

    static let greeting = "@RSYNCD: 31.0\n"

    /// Connections with a faulty proxy.
    static let proxies: [BrokenConnection] = [
        BrokenConnection(failure: .proxyUnknownHost, check: .name, title: "a proxy's name without an address") {
            parts in
            parts.goThroughProxy(at: "http://no-such-host.invalid:3128")
        },
        BrokenConnection(failure: .proxyUnreachable, check: .connection, title: "a proxy that does not listen") {
            parts in
            parts.goThroughProxy(at: "http://127.0.0.1:\(freePort())")
        },
        BrokenConnection(failure: .proxySilent, check: .proxy, title: "a proxy that never answers") { parts in
            let server = try ScriptedServer { stream in while try !stream.read(upTo: 100).isEmpty {} }
            parts.settings.proxy = "http://" + server.address
            parts.settings.stepLimit = .milliseconds(300)
            return [server]
        },
        BrokenConnection(failure: .notAProxy, check: .proxy, title: "an rsync daemon instead of a proxy") { parts in
            parts.goThroughProxy(at: "http://127.0.0.1:\(parts.target.service.plainPort ?? 0)")
        },
        BrokenConnection(failure: .proxyAuthentication, check: .proxy, title: "squid without a user") { parts in
            try parts.goThroughSquid(user: nil)
        },
        BrokenConnection(failure: .proxyLoginRefused, check: .proxy, title: "squid with a wrong password") { parts in
            try parts.goThroughSquid(user: "mover:wrong")
        },
        BrokenConnection(failure: .proxyForbidden, check: .proxy, title: "squid with a forbidden port") { parts in
            try parts.goThroughSquid(user: "mover:!:s3cret", to: "127.0.0.1:9")
        },
        BrokenConnection(failure: .proxyCannotReach, check: .proxy, title: "squid with a target that refuses") {
            parts in
            try parts.goThroughSquid(user: "mover:!:s3cret", to: "127.0.0.1:\(freePort())")
        },
        BrokenConnection(failure: .proxySchemeUnknown, check: .proxy, title: "a proxy that wants NTLM") { parts in
            try parts.goThroughProxy(saying: "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\n\r\n")
        },
        BrokenConnection(failure: .proxyTargetTimeout, check: .proxy, title: "a proxy whose target is silent") {
            parts in
            try parts.goThroughProxy(saying: "HTTP/1.1 504 Gateway Time-out\r\nContent-Length: 0\r\n\r\n")
        },
        BrokenConnection(failure: .proxyRefused, check: .proxy, title: "a proxy without CONNECT") { parts in
            try parts.goThroughProxy(saying: "HTTP/1.1 405 Method Not Allowed\r\n\r\n<h1>GET only</h1>")
        },
    ]
}
