import Foundation
import RsyncWire
import TestSupport
import Testing

@testable import RsyncCommand

private func parse(_ words: String...) throws(CommandError) -> RsyncCommandLine {
    try RsyncCommandLine(parsing: words.map { Array($0.utf8) })
}

@Suite("RsyncCommandLine")
struct CommandLineTests {
    @Test("letters set the options they stand for, alone and clustered")
    func letters() throws {
        var expected = TransferOptions()
        expected.setArchive()
        expected.hardLinks = true
        expected.checksum = true
        expected.sparse = true
        expected.wholeFile = true
        expected.dryRun = true
        expected.ignoreTimes = true
        expected.omitDirectoryTimes = true
        expected.verbosity = 2
        expected.itemize = 1
        #expect(try parse("-aHcSWnIOvvi", "a", "b").options == expected)
        #expect(
            try parse("-a", "-H", "-c", "-S", "-W", "-n", "-I", "-O", "-v", "-v", "-i", "a", "b").options == expected
        )
    }

    @Test("-rlptgoD is -a")
    func archive() throws {
        #expect(try parse("-rlptgoD", "a", "b") == parse("-a", "a", "b"))
    }

    @Test(
        "--no-X turns an option off, and the last one counts",
        arguments: [
            ["-a", "--no-r"], ["-a", "--no-recursive"], ["--no-r", "-lptgoD"],
        ]
    )
    func negation(words: [String]) throws {
        let options = try RsyncCommandLine(parsing: (words + ["a", "b"]).map { Array($0.utf8) }).options
        #expect(!options.recursive)
        #expect(options.links)
    }

    @Test("MTC's command line is understood")
    func mtc() throws {
        let words = """
            --recursive --links --perms --devices --specials --times --owner --group --hard-links --delete --partial \
            --bwlimit=100 --human-readable --log-file=/dev/stdout \
            --info=COPY2,DEL2,REMOVE2,SKIP2,FLIST2,PROGRESS2,STATS2 --checksum --sparse --no-inplace --omit-dir-times \
            --exclude=lost+found /mnt/ns/abc/ rsync://root@localhost/def --port 6443
            """
        let line = try RsyncCommandLine(parsing: words.split(separator: " ").map { Array($0.utf8) })
        var expected = TransferOptions()
        expected.setArchive()
        expected.hardLinks = true
        expected.delete = true
        expected.partial = true
        expected.bandwidthLimit = 100
        expected.stats = true
        expected.checksum = true
        expected.sparse = true
        expected.omitDirectoryTimes = true
        try expected.filters.append(argument: Array("lost+found".utf8), isInclude: false)
        #expect(line.options == expected)
        #expect(line.settings.progress == .total)
        #expect(line.settings.humanLevel == 2)
        #expect(line.settings.port == 6443)
        #expect(line.settings.logFile == Array("/dev/stdout".utf8))
        let host = RemoteHost(host: "localhost", user: "root", port: nil)
        let job = TransferJob(
            carrier: .daemon(host, module: Array("def".utf8), overShell: false),
            isPush: true,
            sources: [Array("/mnt/ns/abc/".utf8)],
            destination: []
        )
        #expect(line.mode == .transfer(job))
    }

    @Test("names that are not UTF-8 stay as they are")
    func bytesOfNames() throws {
        let name: [UInt8] = [0xFF, 0x2F, 0xFE]
        guard case .transfer(let job) = try RsyncCommandLine(parsing: [name, [0x62]]).mode else { throw Unexpected() }
        #expect(job.sources == [name])
    }

    @Test("behind -- everything is a path")
    func endOfOptions() throws {
        guard case .transfer(let job) = try parse("-a", "--", "-r", "b").mode else { throw Unexpected() }
        #expect(job.sources == [Array("-r".utf8)])
    }

    @Test("--server hands the whole vector on")
    func server() throws {
        let words = ["--server", "--sender", "-logDtpre.iLsfxCIvu", ".", "x"].map { Array($0.utf8) }
        #expect(try RsyncCommandLine(parsing: words).mode == .server(words))
    }

    @Test("a daemon's options")
    func daemon() throws {
        var settings = DaemonSettings()
        settings.configuration = Array("/x".utf8)
        settings.port = 99
        settings.address = "::1"
        settings.staysInForeground = true
        #expect(
            try parse("--daemon", "--config=/x", "--port", "99", "--address=::1", "--no-detach").mode
                == .daemon(settings)
        )
        #expect(try parse("--server", "--daemon", ".").mode == .daemonOverShell(DaemonSettings()))
    }

    @Test("-h alone is help, with others it is about numbers")
    func helpOrHuman() throws {
        #expect(try parse("-h").mode == .help)
        #expect(try parse("-ah", "a", "b").settings.humanLevel == 2)
        #expect(try parse("-ahh", "a", "b").settings.humanLevel == 3)
        #expect(try parse("--no-h", "a", "b").settings.humanLevel == 0)
    }

    @Test("-z twice, --zc and --zl choose the compression")
    func compression() throws {
        #expect(try parse("-z", "a", "b").options.compressChoice == nil)
        #expect(try parse("-zz", "a", "b").options.compressChoice == .zlibx)
        #expect(try parse("--old-compress", "a", "b").options.compressChoice == .zlib)
        #expect(try parse("--zc=zstd", "a", "b").options.compress)
        #expect(try !parse("-z", "--zc=none", "a", "b").options.compress)
        #expect(try parse("--zl=3", "a", "b").options.compress)
        #expect(try !parse("--zl=0", "a", "b").options.compress)
    }

    @Test(
        "rates",
        arguments: [
            ("100", 100), ("100K", 100), ("1.5m", 1536), ("1MB", 977), ("2MiB", 2048), ("1g", 1_048_576), ("0", 0),
            ("512b", 1),
        ] as [(String, Int64)]
    )
    func rates(text: String, expected: Int64) throws {
        #expect(try parse("--bwlimit=\(text)", "a", "b").options.bandwidthLimit == expected)
    }

    @Test("checksum names, one or two")
    func checksums() throws {
        let options = try parse("--cc=xxh64,md5", "a", "b").options
        #expect(options.checksumChoice == .xxh64)
        #expect(options.fileChecksumChoice == .md5)
        #expect(try parse("--checksum-choice=auto", "a", "b").options.checksumChoice == nil)
    }

    @Test("pattern files skip comments and empty lines")
    func patternFile() throws {
        let folder = try TemporaryDirectory()
        let file = folder.path + "/patterns"
        try Data("# no\n\n;no\n*.tmp\n+ keep\r\n".utf8).write(to: URL(filePath: file))
        var expected = FilterList()
        try expected.append(argument: Array("*.tmp".utf8), isInclude: false)
        try expected.append(argument: Array("keep".utf8), isInclude: true)
        #expect(try parse("--exclude-from", file, "a", "b").options.filters == expected)
    }

    @Test(
        "what makes no sense is a usage error",
        arguments: [
            ["--bogus", "a", "b"], ["-aq%", "a", "b"], ["--timeout=x", "a", "b"], ["--bwlimit=abc", "a", "b"],
            ["--bwlimit=100b", "a", "b"], ["--archive=yes", "a", "b"], ["--delete", "a", "b"], ["h:a", "g:b"], [],
            ["-a", "--port"], ["--block-size=200000", "a", "b"], ["--info=nonsense", "a", "b"], ["a", "h::"],
            ["-e", "sh", "--port=99999", "a", "b"], ["h:a", "g:b", "c"], ["a", "rsync://h:x/m"],
        ]
    )
    func usage(words: [String]) {
        let error = #expect(throws: CommandError.self) { try RsyncCommandLine(parsing: words.map { Array($0.utf8) }) }
        #expect(error?.exitCode == 1)
    }

    @Test(
        "what rsync knows and this program does not is refused by name",
        arguments: [
            "--acls", "--xattrs", "--delete-after", "--backup-dir=x", "--files-from=x", "--link-dest=x", "--fuzzy",
            "--append", "--max-delete=1", "--chmod=x", "--relative", "-R", "-A", "-X", "-u", "-b", "-x", "-d",
            "--out-format=%C", "--remove-source-files",
        ]
    )
    func unsupported(option: String) throws {
        let error = #expect(throws: CommandError.self) { try parse("-a", option, "a", "b") }
        #expect(error?.exitCode == 4)
        let name = option.split(separator: "=")[0]
        #expect(try #require(error).description.contains(option == "--out-format=%C" ? "%C" : String(name)))
    }

    @Test("every option of the table has help and a spelling of its own")
    func table() {
        let spellings = OptionCatalogue.options.flatMap { $0.names + ($0.letter.map { ["-\($0)"] } ?? []) }
        #expect(Set(spellings).count == spellings.count)
        for option in OptionCatalogue.options { #expect(!option.help.isEmpty) }
        for name in spellings { #expect(!OptionCatalogue.refusedNames.contains(name), "\(name)") }
    }

    private struct Unexpected: Error {}
}

@Suite("Location")
struct LocationTests {
    private func location(_ text: String) throws -> Location { try Location(parsing: Array(text.utf8)) }

    private func host(_ host: String, user: String? = nil, port: UInt16? = nil) -> RemoteHost {
        RemoteHost(host: host, user: user, port: port)
    }

    @Test("a colon behind a slash is part of a local path", arguments: ["/a:b", "./a:b", "a/b:c", "a", "."])
    func local(text: String) throws {
        #expect(try location(text) == .local(Array(text.utf8)))
    }

    @Test("remote shells")
    func shell() throws {
        #expect(try location("h:a/b") == .shell(host("h"), path: Array("a/b".utf8)))
        #expect(try location("u@h:") == .shell(host("h", user: "u"), path: []))
        #expect(try location("[::1]:/x") == .shell(host("::1"), path: Array("/x".utf8)))
        #expect(try location("u@[fe80::1]:x") == .shell(host("fe80::1", user: "u"), path: Array("x".utf8)))
    }

    @Test("daemons")
    func daemon() throws {
        let path = Array("p/q".utf8)
        let module = Array("m".utf8)
        #expect(try location("h::m/p/q") == .daemon(host("h"), module: module, path: path, isURL: false))
        #expect(try location("h::m") == .daemon(host("h"), module: module, path: [], isURL: false))
        #expect(try location("rsync://h/m/p/q") == .daemon(host("h"), module: module, path: path, isURL: true))
        #expect(
            try location("rsync://u@h:99/m/p/q")
                == .daemon(host("h", user: "u", port: 99), module: module, path: path, isURL: true)
        )
        #expect(
            try location("RSYNC://[::1]:99/m") == .daemon(host("::1", port: 99), module: module, path: [], isURL: true)
        )
        #expect(try location("rsync://h") == .daemon(host("h"), module: [], path: [], isURL: true))
        #expect(
            try location("u@[::1]::m/p/q") == .daemon(host("::1", user: "u"), module: module, path: path, isURL: false)
        )
    }

    @Test("a host that looks like an option is refused", arguments: ["-oProxyCommand=x:y", "rsync://-h/m"])
    func optionLikeHost(text: String) {
        #expect(throws: CommandError.self) { try location(text) }
    }
}
