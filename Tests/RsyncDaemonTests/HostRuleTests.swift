import Testing

@testable import RsyncDaemon

@Suite("HostRule")
struct HostRuleTests {
    private func host(_ address: String, names: Bool = true, addresses: Bool = true) -> ClientHost {
        let resolver = ClientHost.Resolver {
            ["10.1.2.3": "a.b.example"][$0]
        } addresses: { name in
            ["fwd.example": [[10, 1, 2, 3]]][name]
        }
        return ClientHost(address, canLookUpNames: names, canLookUpAddresses: addresses, resolver: resolver)
    }

    private func admits(_ client: ClientHost, allow: [String] = [], deny: [String] = []) throws -> Bool {
        HostRule.admits(client, allow: try allow.map { try HostRule($0) }, deny: try deny.map { try HostRule($0) })
    }

    @Test(
        "addresses and ranges",
        arguments: [
            ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false), ("10.1.2.3", "10.1.0.0/16", true),
            ("10.2.2.3", "10.1.0.0/16", false), ("10.1.2.3", "10.1.2.0/255.255.255.0", true),
            ("10.1.3.3", "10.1.2.0/255.255.254.0", true), ("::1", "::1", true), ("fe80::1", "fe80::/10", true),
            ("2001:db8::1", "fe80::/10", false), ("::ffff:10.1.2.3", "10.1.2.3", true),
            ("fe80::1", "fe80::/ffff::", true), ("127.0.0.1", "localhost", true),
            ("::1", "localhost", true), ("127.0.0.2", "localhost", false), ("10.1.2.3", "0.0.0.0/0", true),
            ("::1", "0.0.0.0/0", false), ("::1", "*", true), ("10.1.2.3:99", "10.1.2.3", true),
            ("[::1]:99", "::1", true),
        ]
    )
    func ranges(address: String, rule: String, expected: Bool) throws {
        #expect(try HostRule(rule).matches(host(address), unresolved: false) == expected)
    }

    @Test(
        "names of the address, patterns of them, and names that lead to the address",
        arguments: [
            ("a.b.example", true, true, true), ("A.B.Example", true, true, true), ("*.example", true, true, true),
            ("a.?.example", true, true, true), ("*.other", true, true, false), ("fwd.example", false, true, true),
            ("fwd.example", true, false, false), ("a.b.example", false, false, false),
            ("*.example", false, true, false),
            ("none.example", true, true, false),
        ]
    )
    func names(rule: String, reverse: Bool, forward: Bool, expected: Bool) throws {
        let client = host("10.1.2.3:873", names: reverse, addresses: forward)
        #expect(try HostRule(rule).matches(client, unresolved: false) == expected)
    }

    @Test("a denied name that cannot be looked up denies")
    func unresolved() throws {
        #expect(try !admits(host("10.0.0.9"), deny: ["none.example"]))
        #expect(try !admits(host("10.0.0.9"), deny: ["*.example"]))
        #expect(try admits(host("10.0.0.9", names: false, addresses: false), deny: ["none.example", "*.example"]))
        #expect(try !admits(host("10.0.0.9"), allow: ["none.example"]))
    }

    @Test("allow decides first, then deny; with allow alone all others are out")
    func order() throws {
        #expect(try admits(host("10.0.0.1")))
        #expect(try admits(host("10.0.0.1"), allow: ["10.0.0.1"], deny: ["*"]))
        #expect(try !admits(host("10.0.0.2"), allow: ["10.0.0.1"], deny: ["*"]))
        #expect(try !admits(host("10.0.0.2"), allow: ["10.0.0.1"]))
        #expect(try admits(host("10.0.0.2"), allow: ["10.0.0.1"], deny: ["10.0.0.3"]))
        #expect(try !admits(host("10.0.0.3"), deny: ["10.0.0.0/24"]))
        #expect(try !admits(host("a pipe"), deny: ["10.0.0.0/24"]))
    }

    @Test("malformed networks", arguments: ["10.0.0.1/33", "10.0.0.0/255.0.255.0", "x/8", "@netgroup"])
    func flaws(text: String) {
        #expect(throws: HostRule.Flaw.self) { try HostRule(text) }
    }

    @Test("the name in logs says when nothing was looked up")
    func shown() {
        #expect(host("10.1.2.3").shownName == "a.b.example")
        #expect(host("10.1.2.9").shownName == "UNKNOWN")
        #expect(host("10.1.2.3", names: false).shownName == "UNDETERMINED")
        #expect(host("::ffff:10.1.2.3").text == "10.1.2.3")
    }
}
