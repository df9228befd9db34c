import TestSupport
import Testing

@testable import AgentControl

@Suite("JSON reader")
struct JSONReaderTests {
    private func read(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test(
        "reads what it writes",
        arguments: [
            #"{"a":1,"b":[true,false,null],"c":{"d":"e"}}"#, "[]", "{}", "-0.5", "9223372036854775807",
            #""\"\\\n\r\té€😀""#, #"[[[["deep"]]]]"#,
        ]
    )
    func roundTrip(text: String) throws {
        #expect(try read(text).encoded == text)
    }

    @Test("understands every escape, blanks, and numbers in all forms")
    func forms() throws {
        let value = try read(" { \"\\u0041\\ud83d\\ude00\\/\\b\\f\" : [ 1e3 , -12 , 0.25E+1, 1e-1 ] }\n")
        #expect(value["A😀/\u{8}\u{C}"]?.encoded == "[1000.0,-12,2.5,0.1]")
    }

    @Test(
        "rejects text that is not JSON",
        arguments: [
            "", " ", "{", "[1,", "[1 2]", "{\"a\" 1}", "{\"a\":1,}", "[1,]", "01", "1.", ".5", "-", "1e", "tru", "nul",
            "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\t\"", "{} {}",
            "1e999",
            "{\"a\":1,\"a\":2}", "'a'", "\u{FEFF}{}", "+1", "NaN",
        ]
    )
    func flaws(text: String) {
        #expect(throws: JSONFlaw.self) { try read(text) }
    }

    @Test("rejects bytes that are not UTF-8")
    func notUTF8() {
        #expect(throws: JSONFlaw.self) { try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22]) }
    }

    @Test("rejects deep nesting without crashing")
    func deep() throws {
        #expect(throws: JSONFlaw.self) { try read(String(repeating: "[", count: 60_000)) }
        #expect(throws: JSONFlaw.self) { try read(String(repeating: "{\"a\":", count: 10_000)) }
        _ = try read(String(repeating: "[", count: 16) + String(repeating: "]", count: 16))
    }

    @Test("survives random damage, and what it accepts it writes in a form that it accepts again")
    func damage() throws {
        let text = #"{"request":"volume","name":"däta","list":[1,-2.5e3,"\u00e9\n",{"x":null}],"flag":true}"#
        var random = SeededRandom(seed: 11)
        var taken = 0
        for _ in 0..<2_000 {
            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: place)
                }
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            taken += 1
            let written = value.encoded
            #expect(try JSONValue(parsing: Array(written.utf8)).encoded == written)
        }
        #expect((100..<1_900).contains(taken), "some of the damage is harmless, some is not")
    }
}
