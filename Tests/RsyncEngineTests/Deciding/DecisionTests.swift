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

    @Test(
        "what differs in nothing that is reported has nothing to be corrected, or that is found out",
        arguments: [
            "-a", "-a user", "-r", "-rt", "-rp", "-rE", "-aU", "-aJ", "-aUJ", "-a -c", "-a --size-only",
            "-a --modify-window=1", "-a --nanoseconds", "-aA", "-aX",
        ]
    )
    func corrects(_ options: String) throws {
        var cases = 0
        for kind in ["file 100", "link", "pipe", "char"] {
            let modes = kind == "link" ? [""] : ["644", "755", "600", "4755"]
            for (time, mode, owners) in product(
                ["5", "5.000000007", "6"],
                modes,
                ["0:0", "3:0", "0:4", "3:4 outsider"]
            ) {
                let device = kind == "char" ? " 1,3" : ""
                for (there, otherMode) in product(["5", "5.000000007", "6"], modes, [" read=3", ""]).map({
                    ("\($0.0) \($0.1)\($0.2)", $0.1)
                }) where !otherMode.isEmpty || kind == "link" {
                    let row = DecisionRow(
                        listed: "\(kind) \(time) \(mode) \(owners)\(device)",
                        there: "\(kind) \(there)\(device)",
                        options: options,
                        decision: ""
                    )
                    let (candidate, rules) = (try row.candidate(), try row.rules())
                    let current = try #require(candidate.current)
                    guard case .keep(_, let attributes, false) = rules.keep(candidate, current) else { continue }
                    #expect(attributes == rules.corrections(for: candidate, current: current), "\(row)")
                    cases += 1
                }
            }
        }
        #expect(cases > 1000)
    }

    private func product(_ a: [String], _ b: [String], _ c: [String]) -> [(String, String, String)] {
        a.flatMap { a in b.flatMap { b in c.map { (a, b, $0) } } }
    }

    @Test("the table has the rows that it is meant to have")
    func size() { #expect(DecisionRow.all.count >= 80) }
}
