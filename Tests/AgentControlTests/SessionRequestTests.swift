import SecureTunnel
import TestSupport
import Testing
import Transport

@testable import AgentControl

@Suite("Session on the connection of a control conversation", .serialized, .timeLimit(.minutes(10)))
struct SessionRequestTests {
    @Test("nothing of what the target reports after its answer is lost, and no time limit is left")
    func handedOver() throws {
        let talk = try Conversation()
        let client = try talk.login()
        let server = try Background {
            let report = try talk.server.value()
            try talk.far.write(Array("@RSYNCD: 31.0\n".utf8))
            return report
        }
        let stream = try #require(try client.turnIntoSession())
        let report = try server.value()
        #expect(report.wantsSession && report.failure == nil && report.answered == 1)
        #expect(stream.readTimeout == nil && stream.writeTimeout == nil)
        stream.readTimeout = .seconds(5)
        #expect(String(decoding: try stream.read(upTo: 100), as: UTF8.self) == "@RSYNCD: 31.0\n")
        #expect(talk.far.readTimeout == nil && talk.far.writeTimeout == nil)
        try stream.write(Array("hello".utf8))
        #expect(try talk.far.read(upTo: 100) == Array("hello".utf8))
    }

    @Test("a greeting that comes together with the answer is left in the connection")
    func together() throws {
        let (near, far) = try SocketStream.pair()
        // What a target sends: the answer and the greeting in one piece.
        let answer = Array(#"{"session":true}"#.utf8)
        try far.write([0, 0, 0, UInt8(answer.count), 1] + answer + Array("@RSYNCD: 31.0\n".utf8))
        let channel = ControlChannel(near)
        channel.readsAhead = false
        _ = try channel.message(by: .now + .seconds(10), "an answer")
        #expect(channel.isDrained)
        let stream = channel.handOver()
        stream.readTimeout = .seconds(5)
        #expect(String(decoding: try stream.read(upTo: 100), as: UTF8.self) == "@RSYNCD: 31.0\n")
    }

    /// What a client makes of a target that answers its first request so.
    ///
    /// - Returns: What `ask` gives, and the request's name.
    private func answered<Value>(
        _ answer: [(String, JSONValue)],
        _ ask: (ControlClient) throws -> Value
    ) throws -> (value: Value, request: String?) {
        let (near, far) = try SocketStream.pair()
        let server = try Background {
            let channel = ControlChannel(far)
            _ = try ControlLogin.admit(channel, password: { _ in SecretBytes("secret") }, pause: { _ in })
            let request = try channel.message(by: .now + .seconds(10), "a request")
            try channel.send(answer)
            return request["request"]?.asText
        }
        let identity = ControlLogin.Identity(user: "root", password: SecretBytes("secret"))
        let client = try ControlClient(over: near, as: identity, silenceLimit: .seconds(120))
        let value = try ask(client)
        return (value, try server.value())
    }

    @Test(
        "a target that does not know the request, or answers an earlier one, gets a new connection",
        arguments: ["unknown", "late"]
    )
    func older(kind: String) throws {
        let answer: [(String, JSONValue)] =
            kind == "late"
            ? [("sizes", .list([]))] : [("error", .text("unknown request")), ("unknown", .flag(true))]
        let outcome = try answered(answer) { try $0.turnIntoSession() == nil }
        #expect(outcome.value)
        #expect(outcome.request == "session")
    }

    @Test("a target that was stopped is not called again")
    func stopped() throws {
        let outcome = try answered([("stopping", .flag(true))]) { client in
            #expect(throws: ControlError.stopped) { try client.turnIntoSession() == nil }
        }
        #expect(outcome.request == "session")
    }

    @Test("a target's text about another writer is made printable")
    func holder() throws {
        let forged = "x\u{1b}[2J\n2026-11-28 INFO forged" + String(repeating: "y", count: 10_000)
        let outcome = try answered([("options", .list([])), ("inUse", .text(forged))]) {
            try $0.pass(toVolume: "data", job: "1").holder
        }
        let text = try #require(outcome.value)
        #expect(text.hasPrefix("x"))
        #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } && text.utf8.count < 5000)
    }

    @Test("bytes after the request are a protocol error")
    func early() throws {
        let talk = try Conversation()
        let client = try talk.login()
        let request = Array(#"{"request":"session"}"#.utf8)
        try client.channel.write([0, 0, 0, UInt8(request.count), 1] + request + [0])
        let report = try talk.server.value()
        #expect(report.failure == .broken("bytes after the session request"))
        #expect(!report.wantsSession)
    }
}
