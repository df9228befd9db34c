import RsyncOptions
import RsyncWire
import Testing

@testable import RsyncCommand
@testable import RsyncEngine

// The expected texts were printed by rsync 3.5.0.

@Suite("NumberText")
struct NumberTextTests {
    @Test(
        "counts",
        arguments: [
            (0, 1_234_567, "1234567"), (1, 1_234_567, "1,234,567"), (1, 999, "999"), (1, 1000, "1,000"),
            (2, 999, "999"), (2, 32_768, "32.77K"), (2, 30_000_000, "30.00M"), (3, 1023, "1023"), (3, 1024, "1.00K"),
            (3, 33_000_000, "31.47M"), (1, 0, "0"),
        ] as [(Int, Int64, String)]
    )
    func counts(level: Int, number: Int64, expected: String) {
        #expect(NumberText(level: level).count(number) == expected)
    }

    @Test(
        "decimals",
        arguments: [(1, 6_002_064, "6,002,064.00"), (0, 616, "616.00"), (1, 0.005, "0.01")] as [(Int, Double, String)]
    )
    func decimals(level: Int, number: Double, expected: String) {
        #expect(NumberText(level: level).decimal(number) == expected)
    }
}

@Suite("NameText")
struct NameTextTests {
    @Test("bytes above 127 go by the locale and -8")
    func highBytes() {
        let name = Array("ü".utf8) + [0xFF, 7]
        #expect(NameText(.kept).escaped(name) == Array("ü".utf8) + [0xFF] + Array("\\#007".utf8))
        #expect(NameText(.escaped).escaped(Array("ü\\#123".utf8)) == Array("\\#303\\#274\\#134#123".utf8))
        #expect(NameText(.escaped).escaped(Array("a\tü".utf8)) == Array("a\t\\#303\\#274".utf8))
    }

    @Test(
        "names",
        arguments: [
            (Array("plain name".utf8), "plain name"), ([1, 0x7F, 0x1B] + Array("[31m".utf8), "\\#001\u{7F}\\#033[31m"),
            (Array("tab\there".utf8), "tab\there"), (Array("\\#134x".utf8), "\\#134#134x"), (Array("ü".utf8), "ü"),
            ([0xFF, 0x61], "\\#377a"), (Array("new\nline".utf8), "new\\#012line"),
        ] as [([UInt8], String)]
    )
    func names(name: [UInt8], expected: String) {
        #expect(String(decoding: NameText.escaped(name), as: UTF8.self) == expected)
    }
}

@Suite("OutputFormat and Itemizer")
struct OutputFormatTests {
    private func item(
        _ name: String,
        _ flags: ItemFlags,
        mode: UInt32 = 0o100644,
        target: String = "",
        hardLink: String = "",
        isSending: Bool = true,
        isLocal: Bool = false
    ) -> ItemReport {
        ItemReport(
            name: Array(name.utf8),
            flags: flags,
            mode: mode,
            size: 5,
            modified: 0,
            uid: 1,
            gid: 2,
            target: Array(target.utf8),
            hardLink: Array(hardLink.utf8),
            isSending: isSending,
            isLocal: isLocal,
            transferred: 5
        )
    }

    private func line(_ item: ItemReport, times: Bool = true, format: OutputFormat = .items) -> String {
        var options = TransferOptions()
        options.attributes.times = times
        return String(decoding: format.line(item, Itemizer(options: options)), as: UTF8.self)
    }

    @Test("new entries of each type")
    func new() {
        #expect(line(item("a", [.transfer, .isNew])) == "<f+++++++++ a")
        #expect(line(item("a", [.transfer, .isNew], isSending: false)) == ">f+++++++++ a")
        #expect(line(item("a", [.transfer, .isNew], isLocal: true)) == ">f+++++++++ a")
        #expect(line(item("d", [.localChange, .isNew], mode: 0o040755)) == "cd+++++++++ d/")
        #expect(line(item("l", [.localChange, .isNew], mode: 0o120777, target: "x")) == "cL+++++++++ l -> x")
        #expect(line(item("n", [.localChange, .isNew], mode: 0o020644)) == "cD+++++++++ n")
        #expect(line(item("p", [.localChange, .isNew], mode: 0o010644)) == "cS+++++++++ p")
        #expect(line(item("h", [.localChange, .isNew, .nameFollows], hardLink: "a")) == "hf+++++++++ h => a")
    }

    @Test("what changed")
    func changes() {
        let all: ItemFlags = [
            .transfer, .reportChange, .reportSize, .reportTime, .reportPermissions, .reportOwner, .reportGroup,
        ]
        #expect(line(item("a", all)) == "<fcstpog... a")
        #expect(line(item("a", [.transfer, .reportTime]), times: false) == "<f..T...... a")
        #expect(line(item("a", .reportPermissions)) == ".f...p..... a")
        #expect(line(item("l", .reportOwner, mode: 0o120777, target: "x")) == ".L....o.... l -> x")
        #expect(line(item("l", [.localChange, .reportChange], mode: 0o120777, target: "x")) == "cLc........ l -> x")
        #expect(line(item("l", [.reportTime, .reportTimeFailed], mode: 0o120777, target: "x")) == ".L..T...... l -> x")
    }

    @Test("nothing changed: blanks instead of dots")
    func unchanged() {
        #expect(line(item("a", [])) == ".f          a")
        #expect(line(item("a", [.localChange, .nameFollows])) == "hf          a")
        #expect(line(item("l", [.localChange, .nameFollows], mode: 0o120777, target: "x")) == "hL          l -> x")
    }

    @Test("deletions")
    func deletions() {
        func line(_ format: String, _ name: String, isDirectory: Bool = false) -> String {
            let itemizer = Itemizer(options: TransferOptions())
            let format = OutputFormat(parsing: Array(format.utf8))
            return String(
                decoding: format.line(deleted: Array(name.utf8), isDirectory: isDirectory, itemizer),
                as: UTF8.self
            )
        }
        #expect(line("%i %n%L", "d", isDirectory: true) == "*deleting   d/")
        #expect(line("%n%L", "f") == "deleting f")
        #expect(line("%o %n %l %B %M", "f").hasPrefix("del. f 0 --------- 19"))
    }

    @Test("a format of one's own")
    func custom() throws {
        let format = OutputFormat(parsing: Array("%o %l %b %B %U %G %% %n|".utf8))
        let report = item("s", .transfer, mode: 0o104755)
        #expect(line(report, format: format) == "send 5 5 rwsr-xr-x 0 DEFAULT % s|")
    }

    @Test(
        "widths, digit groups, and what is no escape on a client",
        arguments: [
            ("%10l|%-10l|", "   1234567|1234567   |"), ("%'l %''l %'''l", "1,234,567 1.23M 1.18M"),
            ("%'12l|%-'3n", "   1,234,567|%-'3n"), ("%5n|%-5n|", "  d/f|d/f  |"),
            ("%f %m|%a %h %P %u", "s/d/f |%a %h %P %u"), ("%z %5| %", "%z %5| %"),
            ("%C", String(repeating: " ", count: 32)),
        ]
    )
    func escapes(format: String, expected: String) {
        var report = item("d/f", .transfer)
        report.size = 1_234_567
        report.directory = Array("/s".utf8)
        #expect(line(report, format: OutputFormat(parsing: Array(format.utf8))) == expected)
    }
}

@Suite("StatisticsText")
struct StatisticsTextTests {
    @Test("the block of --stats and the summary")
    func block() {
        var statistics = SessionStatistics()
        statistics.listed.regular = 2
        statistics.listed.directories = 2
        statistics.listed.links = 1
        statistics.created = statistics.listed
        statistics.transferredFiles = 2
        statistics.totalSize = 3_000_004
        statistics.transferredSize = 3_000_003
        statistics.literalData = 3_000_003
        statistics.listBuildTime = 1
        statistics.bytesSent = 3_000_964
        statistics.bytesReceived = 68
        let text = StatisticsText(statistics, numbers: NumberText(level: 1), isDryRun: false)
        #expect(
            text.figures.joined(separator: "\n") == """
                Number of files: 5 (reg: 2, dir: 2, link: 1)
                Number of created files: 5 (reg: 2, dir: 2, link: 1)
                Number of deleted files: 0
                Number of regular files transferred: 2
                Total file size: 3,000,004 bytes
                Total transferred file size: 3,000,003 bytes
                Literal data: 3,000,003 bytes
                Matched data: 0 bytes
                File list size: 0
                File list generation time: 0.001 seconds
                File list transfer time: 0.000 seconds
                Total bytes sent: 3,000,964
                Total bytes received: 68
                """
        )
        #expect(
            text.summary(elapsed: .milliseconds(40)) == [
                "sent 3,000,964 bytes  received 68 bytes  6,002,064.00 bytes/sec",
                "total size is 3,000,004  speedup is 1.00",
            ]
        )
    }
}

@Suite("ProgressLine")
struct ProgressLineTests {
    @Test(
        "rates",
        arguments: [(0, "   0.00kB/s"), (1024.5, "   1.00MB/s"), (513_423.36, " 501.39MB/s")] as [(Double, String)]
    )
    func rates(rate: Double, expected: String) {
        #expect(ProgressLine.rate(rate) == expected)
    }

    @Test("times", arguments: [(0, "   0:00:00"), (3725.9, "   1:02:05"), (-1, "  ??:??:??")] as [(Double, String)])
    func times(seconds: Double, expected: String) {
        #expect(ProgressLine.clock(seconds) == expected)
    }
}

@Suite("Texts of failures")
struct ExitTextTests {
    @Test("code 24 is a warning, all others are errors")
    func lines() {
        let version = RsyncCommandLine.version
        #expect(ExitText.line(code: 24, role: "sender").hasPrefix("rsync warning: some files vanished before"))
        #expect(
            ExitText.line(code: 23, role: "sender")
                == "rsync error: some files/attrs were not transferred (see previous errors) (code 23) at dvm-rsync [sender=\(version)]"
        )
    }

    @Test("words of a remote shell's command")
    func shellWords() throws {
        let words = try ShellCommand.words(of: Array("ssh -o 'A b' \"\" x'y'z".utf8)).map {
            String(decoding: $0, as: UTF8.self)
        }
        #expect(words == ["ssh", "-o", "A b", "", "xyz"])
        #expect(throws: CommandError.self) { try ShellCommand.words(of: Array("ssh 'x".utf8)) }
        #expect(throws: CommandError.self) { try ShellCommand.words(of: []) }
    }
}
