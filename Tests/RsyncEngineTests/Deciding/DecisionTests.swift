import Testing

@testable import RsyncEngine

@Suite("Decisions")
struct DecisionTests {
    @Test(
        "what happens to an entry follows from what is listed, what is there and the options",
        arguments: DecisionRow.all
    )
    func decides(_ row: DecisionRow) throws {
        let decision = decide(try row.candidate(), by: try row.rules())
        #expect("\(decision)" == row.decision)
    }

    @Test("the content is read exactly where the decision depends on it", arguments: DecisionRow.all)
    func reads(_ row: DecisionRow) throws {
        let (candidate, rules) = (try row.candidate(), try row.rules())
        // The names of a file are settled before its content, and a refusal before both.
        guard rules.refusal(of: candidate) == nil, [.alone, .leads].contains(candidate.link) else { return }
        #expect(rules.readsContent(of: candidate) == (candidate.content != .unread))
    }

    @Test("the table has the rows that it is meant to have")
    func size() { #expect(DecisionRow.all.count >= 80) }
}
