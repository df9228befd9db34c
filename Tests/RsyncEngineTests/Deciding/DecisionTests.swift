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

    @Test(
        "what is skipped differs from what exists in rsync's words",
        arguments: [
            ("file 100 5 644", "file 100 5 644", "-a", "uptodate"),
            ("file 100 5 644", "file 100 5 600", "-a", "attr change"),
            ("file 100 5 644", "file 100 5 600", "-rt", "uptodate"),
            ("file 100 5 644", "file 100 6 644", "-a", "file change"),
            ("file 100 5 644", "file 100 6 644", "-a --size-only", "attr change"),
            ("file 100 5 644", "file 99 5 644", "-a -c", "sum change"),
            ("file 100 5 644", "dir 5 755", "-a", "type change"),
            ("link 5", "link 5 to=other", "-a", "file change"),
            ("pipe 5 644", "pipe 5 600", "-a", "attr change"),
            ("char 5 644 1,3", "char 5 644 1,5", "-a", "file change"),
        ]
    )
    func standing(listed: String, there: String, options: String, expected: String) throws {
        let row = DecisionRow(listed: listed, there: there, options: options, decision: "")
        #expect(try row.rules().standing(of: row.candidate()) == expected)
    }

    @Test("the table has the rows that it is meant to have")
    func size() { #expect(DecisionRow.all.count >= 80) }
}
