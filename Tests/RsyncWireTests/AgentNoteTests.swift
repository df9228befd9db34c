import RsyncWire
import Testing

@Suite("AgentNote")
struct AgentNoteTests {
    @Test("comes back as it was written", arguments: [AgentNote.synchronizing, .synchronized(.milliseconds(1234))])
    func roundTrip(note: AgentNote) {
        #expect(AgentNote(note.encoded) == note)
    }

    @Test(
        "is ignored when unknown or malformed",
        arguments: [
            "", "sync", "sync end", "sync end -1", "sync end 99999999999999999999", "sync end 31536000001", "news",
            "sync begin now",
        ]
    )
    func unknown(text: String) {
        #expect(AgentNote(Array(text.utf8)) == nil)
    }
}
