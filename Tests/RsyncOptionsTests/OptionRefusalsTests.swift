import Testing

@testable import RsyncOptions

@Suite("OptionRefusals")
struct OptionRefusalsTests {
    /// What a daemon with these words refuses of a client's arguments.
    private func refused(_ words: String, _ arguments: String) throws -> String? {
        let vector = "--server \(arguments) . x".split(separator: " ").map { Array($0.utf8) }
        var parser = ServerParser(vector, isEscaped: false)
        try parser.run()
        let refusals = OptionRefusals(words.split(separator: " ").map(String.init))
        return refusals.first(of: parser.used, in: parser.options.transfer, isSender: parser.options.isSender)
    }

    @Test(
        "names, letters, patterns and exceptions, as rsync 3.5.0 refuses them",
        arguments: [
            ("", "-vlogDtprcz --delete", nil), ("c delete", "-rc", "--checksum (-c)"),
            ("checksum", "-rc", "--checksum (-c)"),
            ("c delete", "-r --delete", "--delete"), ("delete", "-r --delete-before", "--delete"),
            ("c delete", "-vlogDtpr", nil), ("* !a !v !compress*", "-vlogDtpre.iLsfxCIvu", nil),
            ("* !a !v !compress*", "-vlogDtprze.iLsfxCIvu --compress-level=3", nil),
            ("* !a !v !compress*", "-nlogDtprc", "--checksum (-c)"), ("* !a !v !compress*", "-H", "--hard-links (-H)"),
            ("* !a", "-S", "--sparse (-S)"), ("* !a", "-r --delete", "--delete"),
            ("* !a", "-r --numeric-ids", "--numeric-ids"),
            ("* !a", "-r --timeout=9", "--timeout"), ("* !a", "-r --partial", "--partial"),
            ("* !a", "-n --checksum-seed=5 --log-format=%i", nil), ("*", "-n", nil), ("*", "-r", "--recursive (-r)"),
            ("archive", "-t", "--times (-t)"), ("a", "-D", "--devices"), ("a*", "-t", nil), ("no-such", "-r", nil),
            ("* !delete* !a", "-r --delete", nil), ("hard* !H", "-H", nil),
            ("!H hard-links", "-H", "--hard-links (-H)"),
            ("checksum-seed", "-r --checksum-seed=5", "--checksum-seed"),
        ] as [(String, String, String?)]
    )
    func refusals(words: String, arguments: String, expected: String?) throws {
        #expect(try refused(words, arguments) == expected)
    }

    @Test(
        "a client knows the option that a daemon has refused",
        arguments: [
            ("rsync: The server is configured to refuse --modify-window (-@)", "--modify-window"),
            ("the target stopped with exit code 4: The server is configured to refuse --delete", "--delete"),
            ("rsync: on remote machine: --modify-window=-1: unknown option", "--modify-window"),
            (OptionRefusals.text("--checksum (-c)"), "--checksum"),
            ("mkdir \"--modify-window\" failed: No space left on device (28)", nil),
            ("rsync: on remote machine: -@-1: unknown option", nil), ("", nil),
        ] as [(String, String?)]
    )
    func refusedOption(text: String, expected: String?) {
        #expect(OptionRefusals.option(refusedBy: text) == expected)
    }

    @Test("words that match no option are known")
    func unmatched() {
        #expect(OptionRefusals(["bogus", "c", "!nope", "a", "x*y"]).unmatched == ["bogus", "nope", "x*y"])
    }
}
