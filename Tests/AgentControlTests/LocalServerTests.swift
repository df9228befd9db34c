import AgentControl
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@Suite("Local socket", .timeLimit(.minutes(10)))
struct LocalServerTests {
    private static func name(_ word: String) -> String { "@dvm-test-\(getpid())-\(word)" }

    @Test("an answer may be as long as the status of the most volumes", arguments: [10, 70_000, 2_000_000])
    func longAnswer(length: Int) throws {
        let name = Self.name("long-\(length)")
        let text = String(repeating: "x", count: length)
        let server = try LocalServer(name) { $0.name == "status" ? .answer([("text", .text(text))]) : .unknown }
        try server.start()
        defer { server.finish(within: .seconds(10)) }
        #expect(try LocalCall.ask("status", at: name)["text"]?.asText == text)
        #expect(throws: ControlError.unknownRequest("other")) { try LocalCall.ask("other", at: name) }
    }

    @Test("a refusal with a code is an answer, and one without is an error")
    func refusals() throws {
        let name = Self.name("refusals")
        let server = try LocalServer(name) { request in
            let members = [("error", JSONValue.text("no"))]
            return .answer(request["coded"]?.asFlag == true ? members + [("code", .text("DVM-6001"))] : members)
        }
        try server.start()
        defer { server.finish(within: .seconds(10)) }
        #expect(throws: ControlError.refused("no")) { try LocalCall.ask("start", at: name) }
        #expect(try LocalCall.ask("start", [("coded", .flag(true))], at: name)["code"]?.asText == "DVM-6001")
    }

    @Test("a conversation has several messages, notices a client that is gone, and is told to its end")
    func conversation() throws {
        let name = Self.name("conversation")
        let goOn = BoundedQueue<Void>(capacity: 10, name: "a word of the test")
        let sent = BoundedQueue<Bool>(capacity: 10, name: "results of messages")
        let server = try LocalServer(name) { _ in
            .conversation { talk in
                while case .element = goOn.pop(within: .seconds(60)) {
                    let isThere = talk.send([("word", .text("x"))])
                    sent.push(isThere)
                    guard isThere else { return }
                }
                _ = talk.send([("word", .text("end"))])
            }
        }
        try server.start()
        let gone = try LocalCall("follow", at: name)
        goOn.push(())
        #expect(try gone.next()["word"]?.asText == "x")
        #expect(sent.pop() == true)
        gone.close()
        goOn.push(())
        #expect(sent.pop() == false)
        let call = try LocalCall("follow", at: name)
        // The server knows of the second conversation before it is told to finish.
        goOn.push(())
        #expect(try call.next()["word"]?.asText == "x")
        let finish = try Background { server.finish(within: .seconds(60)) }
        goOn.close()
        #expect(try call.next()["word"]?.asText == "end")
        try finish.value()
    }

    @Test("those who follow an agent take no place from those who ask")
    func places() throws {
        let name = Self.name("places")
        let end = BoundedQueue<Never>(capacity: 1, name: "end of the test")
        let begun = Atomic<Int>(0)
        let server = try LocalServer(name) { request in
            guard request.name != "status" else { return .answer([]) }
            begun.add(1, ordering: .relaxed)
            return .conversation { talk in
                _ = talk.send([])
                _ = end.pop(within: .seconds(60))
            }
        }
        try server.start()
        defer {
            end.close()
            server.finish(within: .seconds(10))
        }
        var calls: [LocalCall] = []
        for _ in 0..<64 {
            let call = try LocalCall("attach", at: name)
            _ = try call.next()
            calls.append(call)
        }
        let error = #expect(throws: ControlError.self) { try LocalCall.ask("start", [("wait", .flag(true))], at: name) }
        #expect("\(String(describing: error))".contains("64 commands"))
        #expect(begun.load(ordering: .relaxed) == 64, "a start that nobody could follow had an effect")
        _ = try LocalCall.ask("status", at: name)
        // What stops a pass needs no such place.
        let stop = try LocalCall("stop", at: name)
        _ = try stop.next()
        stop.close()
        for call in calls { call.close() }
    }
}
