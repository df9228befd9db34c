import Testing

@testable import RsyncOptions

// The expected words and levels are those of rsync 3.5.0.

@Suite("MessageLevels")
struct MessageLevelsTests {
    private func output(_ verbosity: Int, _ values: String...) -> TransferOptions.Output {
        var output = TransferOptions.Output()
        output.verbosity = verbosity
        for value in values { #expect(output.info.set(value).isEmpty) }
        return output
    }

    @Test(
        "-v implies levels",
        arguments: [
            (0, .nonreg, 1), (0, .name, 0), (1, .name, 1), (1, .skip, 0), (2, .name, 2), (2, .misc, 2), (2, .stats, 1),
            (9, .skip, 1), (9, .progress, 0),
        ] as [(Int, InfoGroup, Int)]
    )
    func implied(verbosity: Int, group: InfoGroup, level: Int) {
        #expect(output(verbosity).level(group) == level)
    }

    @Test("a level that was given wins over -v, --stats and --progress")
    func given() {
        var output = output(2, "name0,STATS1", "progress0")
        output.stats = true
        output.showsProgress = true
        #expect(output.level(.name) == 0)
        #expect(output.level(.stats) == 1)
        #expect(output.level(.progress) == 0)
        #expect(output.level(.flist) == 2)
    }

    @Test("-q takes back -v, not --info")
    func quiet() {
        var output = output(2, "skip")
        output.quiet = true
        #expect(output.level(.name) == 0)
        #expect(output.level(.skip) == 1)
        #expect(output.level(.nonreg) == 1)
    }

    @Test(
        "a server is told the items that it prints",
        arguments: [
            ("skip2,backup,flist0,del0", "BACKUP,DEL0,SKIP2", nil), ("all,name0", "ALL,NAME0", "ALL,NAME0"),
            ("none,name", "NONE,NAME", "NONE,NAME"), ("name,none", "NONE", "NONE"), ("all4", "ALL4", "ALL4"),
            ("name9,skip14", "NAME4,SKIP4", "NAME4"), ("progress2", nil, nil), ("remove0", nil, "REMOVE0"),
        ] as [(String, String?, String?)]
    )
    func words(value: String, push: String?, pull: String?) {
        let info = output(0, value).info
        #expect(info.word { $0.isPrinted(bySender: false) } == push)
        #expect(info.word { $0.isPrinted(bySender: true) } == pull)
    }

    @Test("max verbosity lowers what was given")
    func limit() {
        var info = output(0, "all4").info
        info.limit(to: 1)
        #expect(info[.name] == 1)
        #expect(info[.skip] == 0)
        #expect(info[.stats] == 1)
    }

    @Test("max verbosity limits no level from 6 on", arguments: [(5, 1), (6, 2), (100, 2)])
    func unlimited(verbosity: Int, level: Int) {
        var info = output(0, "skip2").info
        info.limit(to: verbosity)
        #expect(info[.skip] == level)
    }

    @Test("unknown items are returned")
    func unknown() {
        var debug = MessageLevels<DebugGroup>()
        #expect(debug.set("del2,foo,help,HLINK") == ["foo", "help"])
        #expect(debug[.del] == 2)
        #expect(debug[.hlink] == 1)
    }
}
