import Glibc
import LinuxSystem
import Testing
import TestSupport

@testable import Transport

@Suite("dial and Listener")
struct DialTests {
    @Test("a refusal names every address that was tried", .timeLimit(.minutes(10)))
    func refused() throws {
        let port = freePort()
        let expected = TransportError.refused(
            target: "127.0.0.1:\(port)",
            attempts: [ConnectAttempt(address: "127.0.0.1:\(port)", number: ECONNREFUSED)]
        )
        #expect(throws: expected) { try dial(HostPort(host: "127.0.0.1", port: port), within: .seconds(10)) }
        #expect("\(expected)".contains("Connection refused"))
    }

    @Test("a name without an address is distinguished from a refusal", .timeLimit(.minutes(10)))
    func unknownHost() throws {
        let error = #expect(throws: TransportError.self) {
            try dial(HostPort(host: "no such host.invalid", port: 1), within: .seconds(20))
        }
        guard case .unknownHost(host: "no such host.invalid", _) = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
    }

    @Test("an address that swallows everything is a timeout", .timeLimit(.minutes(10)))
    func swallowed() throws {
        // A listener whose queue is full drops further connection attempts.
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0), backlog: 0)
        var waiting: [SocketStream] = []
        let limit = Duration.milliseconds(100)
        let error = #expect(throws: TransportError.self) {
            for _ in 0..<10 { waiting.append(try dial(listener.address, within: limit)) }
        }
        guard case .timedOut(let what, limit) = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
        #expect(what.contains("\(listener.address)"))
    }

    @Test("a stop signal ends an attempt", .timeLimit(.minutes(10)))
    func stopped() throws {
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0), backlog: 0)
        let stop = try StopSignal()
        stop.raise()
        var waiting: [SocketStream] = []
        #expect(throws: TransportError.closed(peer: "\(listener.address)")) {
            for _ in 0..<10 { waiting.append(try dial(listener.address, within: .seconds(30), stop: stop)) }
        }
    }

    @Test("the wildcard serves IPv4 and IPv6", .timeLimit(.minutes(10)), arguments: ["127.0.0.1", "::1", "localhost"])
    func wildcard(host: String) throws {
        let listener = try Listener(HostPort(host: "", port: 0))
        #expect(listener.address.port != 0)
        let near = try dial(HostPort(host: host, port: listener.address.port), within: .seconds(10))
        let far = try listener.accept(within: .seconds(10))
        #expect(far.localAddress?.port == listener.address.port)
        try near.write([1])
        #expect(try far.read(upTo: 2) == [1])
    }

    @Test("closing wakes the accepting thread; waiting has a limit", .timeLimit(.minutes(10)))
    func closeWakes() throws {
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let name = "connections on \(listener.address)"
        #expect(throws: TransportError.timedOut(waitingFor: name, after: .milliseconds(10))) {
            try listener.accept(within: .milliseconds(10))
        }
        let acceptor = try Background { #expect(throws: TransportError.self) { try listener.accept() } }
        listener.close()
        #expect(try acceptor.value() == .closed(peer: name))
        #expect(throws: TransportError.self) { try dial(listener.address, within: .seconds(5)) }
    }

    @Test(
        "a connection that there is no descriptor for waits, and is not rejected",
        .timeLimit(.minutes(10)),
        arguments: [SystemCallNumber.eventfd2, .accept4]
    )
    func shortage(call: SystemCallNumber) throws {
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let near = try dial(listener.address, within: .seconds(10))
        near.readTimeout = .seconds(10)
        let refusal = try onThread(failing: [SystemCallFault(call, EMFILE)]) {
            #expect(throws: TransportError.self) { _ = try listener.accept(within: .milliseconds(200)) }
        }
        #expect(refusal == .timedOut(waitingFor: "connections on \(listener.address)", after: .milliseconds(200)))
        let far = try listener.accept(within: .seconds(10))
        try far.write([1])
        #expect(try near.read(upTo: 2) == [1])
    }

    @Test("a connection on this machine is made without pacing")
    func noPacing() throws {
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let near = try dial(listener.address, within: .seconds(10))
        let number = try #require(near.descriptor.enter())
        defer { near.descriptor.leave() }
        var name = [UInt8](repeating: 0, count: 16)
        var length = socklen_t(name.count)
        try systemCall("getsockopt") { getsockopt(number, Int32(IPPROTO_TCP), TCP_CONGESTION, &name, &length) }
        #expect(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self) == "reno")
    }

    @Test("a port that is taken is named")
    func taken() throws {
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let error = #expect(throws: TransportError.self) { try Listener(listener.address) }
        guard case .cannotListen(let address, let cause) = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
        #expect(address == "\(listener.address)")
        #expect(cause.number == EADDRINUSE)
    }
}

@Suite("HostPort")
struct HostPortTests {
    @Test(
        "reads and prints",
        arguments: [
            ("host:443", "host", 443), ("10.0.0.7:873", "10.0.0.7", 873), ("[::1]:873", "::1", 873), (":873", "", 873),
            ("h:0", "h", 0), ("h:65535", "h", 65535),
        ] as [(String, String, UInt16)]
    )
    func sound(text: String, host: String, port: UInt16) throws {
        let parsed = try HostPort(parsing: text)
        #expect(parsed == HostPort(host: host, port: port))
        #expect(parsed.description == text)
    }

    @Test(
        "refuses and says why",
        arguments: [
            ("host", "the port is missing"), ("host:", "\"\" is not a valid port number"),
            ("host:65536", "\"65536\" is not a valid port number"),
            ("host:+1", "\"+1\" is not a valid port number"),
            ("::1:873", "an IPv6 address needs brackets, as in [::1]:873"),
            ("[::1:873", "the closing ] is missing"), ("[::1]873", "only :port may follow ]"),
            ("[host]:1", "only an IPv6 address goes in brackets"),
            ("a b:1", "it contains a character that is not allowed in a host name"),
        ]
    )
    func unsound(text: String, reason: String) {
        #expect(throws: TransportError.badAddress(text: text, reason: reason)) { try HostPort(parsing: text) }
    }
}
