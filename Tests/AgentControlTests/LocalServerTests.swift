import AgentControl
import Glibc
import Testing

@Suite("Local socket", .timeLimit(.minutes(10)))
struct LocalServerTests {
    @Test("an answer may be as long as the status of the most volumes", arguments: [10, 70_000, 2_000_000])
    func longAnswer(length: Int) throws {
        let name = "@dvm-test-\(getpid())-long-\(length)"
        let text = String(repeating: "x", count: length)
        let server = try LocalServer(name) { request in request == "status" ? [("text", .text(text))] : nil }
        try server.start()
        defer { server.close() }
        #expect(try LocalClient.ask("status", at: name)["text"]?.asText == text)
        #expect(throws: ControlError.unknownRequest("other")) { try LocalClient.ask("other", at: name) }
    }
}
