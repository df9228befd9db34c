import Testing
import VolumeAccess

@testable import AgentControl
@testable import VolumeCapacity

@Suite("Answers of the control channel")
struct AnswerReaderTests {
    private static let facts = """
        "fileSystem":"btrfs","blockSize":4096,"totalBytes":1073741824,"usedBytes":0,"freeBytes":1073741824,
        "readOnly":false,"longestName":255,"empty":true
        """
    private static let trees = #""freeContentBytes":0,"treeBytes":1024,"usedTreeBytes":0,"reserveBytes":0,"copies":2"#

    private func facts(_ text: String) throws -> TargetFacts {
        try TargetFacts(answer: try JSONValue(parsing: Array("{\(text)}".utf8)))
    }

    @Test("members that an older target does not send may be missing, unknown ones are skipped")
    func members() throws {
        let facts = try facts(Self.facts + #","btrfs":{\#(Self.trees)},"color":"blue","quotaBytes":null"#)
        #expect(facts.space.btrfs?.copies == 2)
        #expect(facts.space.quotaBytes == nil)
    }

    @Test(
        "an impossible value is reported by name",
        arguments: [
            (#""freeBytes":1073741824"#, #""freeBytes":-1"#, "freeBytes is -1"),
            (#""blockSize":4096"#, #""blockSize":0"#, "blockSize is 0"),
            (#""usedBytes":0"#, #""usedBytes":1e300"#, "usedBytes is not a 63-bit integer"),
            (#""longestName":255,"#, "", "longestName is missing"),
            (#""empty":true"#, #""empty":true,"linkLimit":-7"#, "linkLimit is -7"),
            (#""empty":true"#, #""empty":true,"writer":{"user":1}"#, "writer has no groups or capabilities"),
            (
                #""empty":true"#, #""empty":true,"writer":{"user":-1,"groups":[],"capabilities":[]}"#, "user is -1"
            ),
        ]
    )
    func impossible(part: String, other: String, words: String) {
        let error = #expect(throws: ControlError.self) {
            try facts(Self.facts.replacing(part, with: other))
        }
        #expect(error?.description.hasPrefix("invalid answer from the target: \(words)") == true)
    }

    @Test("trees that use more than they have are rejected")
    func trees() {
        let full = Self.trees.replacing(#""usedTreeBytes":0"#, with: #""usedTreeBytes":1152921504606846976"#)
        let error = #expect(throws: ControlError.self) { try facts(Self.facts + #","btrfs":{\#(full)}"#) }
        #expect(error?.description.contains("more than treeBytes 1024") == true)
    }

    @Test("a file system without a limit counts as an exbibyte")
    func endless() throws {
        let facts = try facts(Self.facts.replacing("1073741824", with: "9223372036853727232"))
        #expect(facts.space.freeBytes == TargetFacts.largestFigure)
        #expect(facts.capacity == TargetFacts.largestFigure)
    }

    @Test("sizes and throughput are bounded too")
    func others() throws {
        func answer(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }
        #expect(throws: ControlError.self) { try ControlClient.sizes(in: try answer(#"{"allocated":[1]}"#), count: 2) }
        #expect(throws: ControlError.self) { try ControlClient.sizes(in: try answer(#"{"allocated":[-1]}"#), count: 1) }
        #expect(throws: ControlError.self) {
            try ControlClient.arrived(in: try answer(#"{"bytes":1,"microseconds":-1}"#))
        }
        let arrived = try ControlClient.arrived(in: try answer(#"{"bytes":9223372036854775807,"microseconds":0}"#))
        #expect(arrived.rate == 0)
    }
}
