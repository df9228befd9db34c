import Testing

@testable import RsyncOptions

/// What rsync 3.5.0 makes of permissions with umask 027: a directory 0750, a file 07777 and a file 0640.
@Suite("ModeChanges")
struct ModeChangesTests {
    static let rows: [(text: String, directory: UInt32, program: UInt32, file: UInt32)] = [
        ("ug=rw,o+X", 0o661, 0o7667, 0o660), ("D+X,Fa-x", 0o750, 0o7666, 0o640), ("+rwx", 0o750, 0o7777, 0o750),
        ("=r", 0o440, 0o7440, 0o440), ("go=", 0o700, 0o7700, 0o600), ("u=g", 0o550, 0o3777, 0o440),
        ("o-g", 0o750, 0o7770, 0o640), ("+t", 0o1750, 0o7777, 0o1640), ("u+t", 0o1750, 0o7777, 0o1640),
        ("a+s", 0o6750, 0o7777, 0o6640), ("=s", 0o4000, 0o7000, 0o4000), ("u=rwxs,g-s", 0o4750, 0o5777, 0o4740),
        ("0644", 0o644, 0o644, 0o644), ("644,u+x", 0o744, 0o744, 0o744), ("a=,u=rwX", 0o700, 0o7700, 0o600),
        ("Fu=,D=", 0, 0o7077, 0o40), ("g=o,o=", 0o700, 0o5770, 0o600), ("-w", 0o550, 0o7577, 0o440),
        ("ugo=rwX", 0o777, 0o7777, 0o666), ("o=u,u=o", 0o757, 0o2777, 0o646), ("D=rwx,F=o", 0o750, 0o750, 0),
        ("04755", 0o4755, 0o4755, 0o4755), ("+u", 0o750, 0o7777, 0o640), ("o+s", 0o4750, 0o7777, 0o4640),
        ("ug+s", 0o6750, 0o7777, 0o6640), ("go+s", 0o2750, 0o7777, 0o2640), ("g=s", 0o2700, 0o7707, 0o2600),
        ("a-s", 0o750, 0o1777, 0o640), ("a=s", 0o6000, 0o7000, 0o6000), ("o=t", 0o1750, 0o7770, 0o1640),
        ("Fg+s,Do+t", 0o1750, 0o7777, 0o2640), ("D2775,F664", 0o2775, 0o664, 0o664),
    ]

    @Test("change permissions as rsync does", arguments: rows)
    func applied(_ row: (text: String, directory: UInt32, program: UInt32, file: UInt32)) throws {
        let changes = try #require(ModeChanges(row.text))
        #expect(changes.applied(to: 0o750, isDirectory: true, mask: 0o027) == row.directory)
        #expect(changes.applied(to: 0o7777, isDirectory: false, mask: 0o027) == row.program)
        #expect(changes.applied(to: 0o640, isDirectory: false, mask: 0o027) == row.file)
    }

    @Test(
        "are rejected where rsync rejects them",
        arguments: [
            "", ",", "u+x,", "u+r-x", "DF644", "g=u-w", "u-s=r", "17777", "8", "u=gg", "u+x,g=ux", "Z", "u", "D", "-1",
            "+1",
        ]
    )
    func rejected(_ text: String) { #expect(ModeChanges(text) == nil) }
}

@Suite("IdentityRules")
struct IdentityRulesTests {
    @Test(
        "the first rule that matches counts",
        arguments: [
            ("0-99:a,wayne:b,*:c", 5, "", "a"), ("0-99:a,wayne:b,*:c", 100, "wayne", "b"),
            ("0-99:a,wayne:b,*:c", 100, "", "c"), (":a,*:b", 7, "", "a"), (":a,*:b", 7, "x", "b"),
            ("w?y*:a", 7, "wayne", "a"),
            ("w?y*:a", 7, "wy", nil), ("9-5:a", 7, "", nil), ("7:a", 7, "7", "a"), ("a:b:c", 1, "a", "b:c"),
            ("*:a", 1, "", "a"),
        ] as [(String, UInt32, String, String?)]
    )
    func matches(_ text: String, _ id: UInt32, _ name: String, _ target: String?) {
        let rules = IdentityRules(text)
        #expect(rules.flaw == nil)
        let found = rules.firstMatch(id, named: Array(name.utf8)) { _ in true }
        #expect(found.map { String(decoding: rules.targets[$0], as: UTF8.self) } == target)
    }

    @Test("a rule that cannot be used is passed over, and a pair without a colon is a flaw")
    func unusable() {
        #expect(IdentityRules("*:nobody,*:root").firstMatch(3, named: []) { $0 == 1 } == 1)
        #expect(IdentityRules("1:2,5").flaw == "5")
        #expect(IdentityRules("").flaw == "")
    }
}
