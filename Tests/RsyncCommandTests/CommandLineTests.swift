import Checksums
import Foundation
import RsyncOptions
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
        expected.attributes.hardLinks = true
        expected.comparison.checksum = true
        expected.placement.sparse = true
        expected.wire.wholeFile = true
        expected.dryRun = true
        expected.comparison.ignoreTimes = true
        expected.attributes.omitDirectoryTimes = true
        expected.output.verbosity = 2
        expected.output.itemize = 1
        expected.output.hasFormat = true
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
        #expect(!options.selection.recursive)
        #expect(options.attributes.links)
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
        expected.attributes.hardLinks = true
        expected.deletion.isOn = true
        expected.placement.partial = true
        expected.wire.bandwidthLimit = 100
        for group in [InfoGroup.copy, .del, .remove, .skip, .flist, .progress, .stats] {
            expected.output.info[group] = 2
        }
        expected.comparison.checksum = true
        expected.placement.sparse = true
        expected.attributes.omitDirectoryTimes = true
        try expected.selection.filters.append(argument: Array("lost+found".utf8), isInclude: false)
        #expect(line.options == expected)
        #expect(line.options.output.level(.stats) == 2)
        #expect(line.settings.humanLevel == 2)
        #expect(line.settings.connection.port == 6443)
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

    @Test("everything after -- is a path")
    func endOfOptions() throws {
        guard case .transfer(let job) = try parse("-a", "--", "-r", "b").mode else { throw Unexpected() }
        #expect(job.sources == [Array("-r".utf8)])
    }

    @Test("--server hands the whole vector on")
    func server() throws {
        let words = ["--server", "--sender", "-logDtpre.iLsfxCIvu", ".", "x"].map { Array($0.utf8) }
        #expect(try RsyncCommandLine(parsing: words).mode == .server(words))
        let preceded = ["--confine-root=/d", "--server", "--sender", "-re.", ".", "--server"].map { Array($0.utf8) }
        let moved = ["--server", "--confine-root=/d", "--sender", "-re.", ".", "--server"].map { Array($0.utf8) }
        #expect(try RsyncCommandLine(parsing: preceded).mode == .server(moved))
    }

    @Test(
        "the value of an option makes no server and no daemon",
        arguments: [
            ["--exclude", "--server", "a", "b"], ["-ae", "--server", "a", "b"], ["a", "b", "--exclude", "--daemon"],
            ["--suffix", "--daemon", "a", "b"], ["--", "--daemon", "b"], ["--", "--server", "b"],
        ]
    )
    func valuesOfOptions(words: [String]) throws {
        guard case .transfer = try RsyncCommandLine(parsing: words.map { Array($0.utf8) }).mode else {
            throw Unexpected()
        }
    }

    @Test("names of a server's arguments make no daemon")
    func namesOfServer() throws {
        let words = ["--server", "-re.", ".", "--daemon"].map { Array($0.utf8) }
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
        #expect(try parse("-h").mode == .information(.help))
        #expect(try parse("-ah", "a", "b").settings.humanLevel == 2)
        #expect(try parse("-ahh", "a", "b").settings.humanLevel == 3)
        #expect(try parse("--no-h", "a", "b").settings.humanLevel == 0)
    }

    @Test("-z twice, --zc and --zl choose the compression")
    func compression() throws {
        #expect(try parse("-z", "a", "b").options.wire.compressChoice == nil)
        #expect(try parse("-zz", "a", "b").options.wire.compressChoice == .zlibx)
        #expect(try parse("--old-compress", "a", "b").options.wire.compressChoice == .zlib)
        #expect(try parse("--zc=zstd", "a", "b").options.wire.compress)
        #expect(try !parse("-z", "--zc=none", "a", "b").options.wire.compress)
        #expect(try parse("--zl=3", "a", "b").options.wire.compress)
        // rsync 3.5.0 compresses with zstd then, and expects the other end to do so.
        #expect(try parse("--zl=0", "a", "b").options.wire.compress)
        #expect(try !parse("--zc=none", "--zl=5", "a", "b").options.wire.compress)
        #expect(try parse("-z", "--zc=lz4", "--no-compress", "a", "b").options == TransferOptions())
        #expect(try parse("--zc=auto", "a", "b").options == TransferOptions())
        #expect(try parse("--zc=ZSTD", "a", "b").options.wire.compressChoice == .zstd)
    }

    @Test(
        "rates",
        arguments: [
            ("100", 100), ("100K", 100), ("1.5m", 1536), ("1MB", 977), ("2MiB", 2048), ("1g", 1_048_576), ("0", 0),
            ("512b", 1), ("1kb", 1), ("1+1", 1), ("10k+1", 10), ("1m-1", 1024), ("1535b", 1), ("1536b", 2), (".5", 1),
            ("1.5", 2), ("5.k", 5), ("1t", 1_073_741_824), ("", 0),
        ] as [(String, Int64)]
    )
    func rates(text: String, expected: Int64) throws {
        #expect(try parse("--bwlimit=\(text)", "a", "b").options.wire.bandwidthLimit == expected)
    }

    @Test("checksum names, one or two")
    func checksums() throws {
        let options = try parse("--cc=xxh64,md5", "a", "b").options
        #expect(options.wire.checksumChoice == .xxh64)
        #expect(options.wire.fileChecksumChoice == .md5)
        #expect(try parse("--checksum-choice=auto", "a", "b").options.wire.checksumChoice == nil)
        #expect(try parse("--cc=MD5", "a", "b").options.wire.checksumChoice == .md5)
        let halves = try parse("--cc=auto,md5", "a", "b").options.wire
        #expect(halves.checksumChoice == nil && halves.fileChecksumChoice == .md5 && halves.separatesChecksums)
        #expect(throws: CommandError.failed("Invalid checksum-choice for --checksum: none (0)", exitCode: 4)) {
            try parse("-c", "--cc=md5,none", "a", "b")
        }
    }

    @Test("numbers are read as C writes them", arguments: [("010", 8), ("0x10", 16), ("", 0), (" 5", 5), ("60", 60)])
    func numbers(text: String, expected: Int) throws {
        #expect(try parse("--timeout=\(text)", "a", "b").options.wire.timeout == expected)
        #expect(try parse("--timeout", text, "a", "b").options.wire.timeout == expected)
    }

    @Test(
        "block sizes",
        arguments: [("1", 1), ("1k", 1024), ("1kb", 1000), ("128k", 131_072), ("0", 0), ("1+1", 2), ("=1.5k", 1536)]
    )
    func blockSizes(text: String, expected: Int) throws {
        #expect(try parse("-vB\(text)", "a", "b").options.wire.blockLength == expected)
    }

    @Test("an empty pattern is no rule")
    func emptyPattern() throws {
        #expect(try parse("--exclude=", "--include", "", "a", "b").options.selection.filters.isEmpty)
    }

    @Test("what is off in any case may be turned off")
    func alwaysOff() throws {
        let words = ["--no-acls", "--no-A", "--no-fuzzy", "--no-backup"]
        #expect(try RsyncCommandLine(parsing: (words + ["a", "b"]).map { Array($0.utf8) }) == parse("a", "b"))
        let reset = ["--timeout=5", "--no-timeout", "--bwlimit=5", "--no-bwlimit", "--no-contimeout"]
        #expect(try RsyncCommandLine(parsing: (reset + ["a", "b"]).map { Array($0.utf8) }) == parse("a", "b"))
    }

    @Test("help stops the parser, and -h counts as help on its own")
    func help() throws {
        #expect(try parse("--help", "--bogus").mode == .information(.help))
        #expect(try parse("-hv").mode == .information(.help))
        #expect(throws: CommandError.self) { try parse("-h", "--stats") }
        #expect(throws: CommandError.self) { try parse("--version", "--bogus") }
    }

    @Test("%i in --out-format asks the other end for every change")
    func itemizedFormat() throws {
        #expect(try parse("--out-format=%i %n", "a", "b").options.output.itemize == 1)
        #expect(try parse("--out-format=%n", "a", "b").options.output.itemize == 0)
    }

    @Test(":PATH stands for the host before it, and -e reaches daemons through the shell")
    func carriers() throws {
        guard case .transfer(let pull) = try parse("h:x", ":y", "z").mode,
            case .transfer(let push) = try parse("-e", "sh", "a", "rsync://u@h:44/m").mode
        else { throw Unexpected() }
        #expect(pull.sources == [Array("x".utf8), Array("y".utf8)])
        let host = RemoteHost(host: "h", user: "u", port: 44)
        #expect(push.carrier == .daemon(host, module: Array("m".utf8), overShell: true))
    }

    /// The sentences of rsync 3.5.0; those of the second kind stand there without `rsync: `.
    @Test(
        "says what rsync says",
        arguments: [
            ("--bogus=3 s/ d", "--bogus=3: unknown option"), ("--verb s/ d", "--verb: unknown option"),
            ("--no-bogus s/ d", "--no-bogus: unknown option"), ("--no-delete s/ d", "--no-delete: unknown option"),
            ("--no-n s/ d", "--no-n: unknown option"), ("--D s/ d", "--D: unknown option"),
            ("-aYv s/ d", "-aYv: unknown option"), ("--exclude", "--exclude: missing argument"),
            ("-rnB", "-rnB: missing argument"), ("--verbose=3 s/ d", "--verbose=3: option does not take an argument"),
            ("-avz=3 s/ d", "-avz=3: option does not take an argument"),
            ("-B200000 s/ d", "--block-size=200000 is too large (max: 128.00K)"),
            ("-rnvB700x s/ d", "--block-size=700x is invalid"),
            ("--timeout=5x s/ d", "--timeout=5x: invalid numeric value"),
            ("--checksum-seed=99999999999 s/ d", "--checksum-seed=99999999999: number too large or too small"),
            ("--bwlimit=1e3 s/ d", "--bwlimit=1e3 is invalid"), ("--bwlimit=+5 s/ d", "--bwlimit=+5 is invalid"),
            ("--bwlimit=-1 s/ d", "--bwlimit=-1 is too large"),
            ("--bwlimit=9999999999999t s/ d", "--bwlimit=9999999999999t is too large"),
            ("--bwlimit=10b s/ d", "--bwlimit=10b is too small (min: 512 or 0 for unlimited)"),
            ("--outbuf=x s/ d", "Invalid --outbuf setting -- specify N, L, or B."),
            ("--stderr=x s/ d", "--stderr mode \"x\" is not one of errors, all, or client"),
            ("--info=progress2x s/ d", "Unknown --info item: \"progress2x\""),
            ("h:a g:b", "The source and destination cannot both be remote."),
            ("s/ t:b c:d", "Unexpected remote arg: t:b"), ("s/ x:y d", "Unexpected remote arg: x:y"),
            ("u@h:m u@g:o d", "All source args must come from the same machine."),
            ("h:a h::b z", "All source args must use the same hostspec format."),
            ("--password-file=/x s/ d", "The --password-file option may only be used when accessing an rsync daemon."),
            ("--contimeout=5 s h:d", "The --contimeout option may only be used when connecting to an rsync daemon."),
        ]
    )
    func sentences(text: String, expected: String) {
        let words = text.split(separator: " ").map { Array($0.utf8) }
        let error = #expect(throws: CommandError.self) { try RsyncCommandLine(parsing: words) }
        #expect(error == .usage(expected))
    }

    @Test("an empty operand is refused: it must not stand for the working directory")
    func emptyOperand() {
        for words in [["", "d"], ["s", "", "d"], ["s", ""], [""], [":x", "d"], ["s", "::m"]] {
            let error = #expect(throws: CommandError.self) {
                try RsyncCommandLine(parsing: words.map { Array($0.utf8) })
            }
            #expect(error?.exitCode == 1)
        }
    }

    @Test("pattern files skip comments and empty lines")
    func patternFile() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/patterns"
        try Data("# no\n\n;no\n*.tmp\n+ keep\r\n".utf8).write(to: URL(filePath: file))
        let rules = try parse("--exclude-from", file, "a", "b").options.selection.filters.rules
        #expect(rules.map { String(decoding: $0.wireText(), as: UTF8.self) } == ["- *.tmp", "+ keep"])
    }

    @Test(
        "an invalid command line is a usage error",
        arguments: [
            ["--bogus", "a", "b"], ["-aq%", "a", "b"], ["--timeout=x", "a", "b"], ["--bwlimit=abc", "a", "b"],
            ["--bwlimit=100b", "a", "b"], ["--archive=yes", "a", "b"], ["--delete", "a", "b"], ["h:a", "g:b"], [],
            ["-a", "--port"], ["--block-size=200000", "a", "b"], ["--info=x2y", "a", "b"], ["a", "h::"],
            ["-e", "sh", "--port=99999", "a", "b"], ["h:a", "g:b", "c"], ["a", "rsync://h:x/m"],
        ]
    )
    func usage(words: [String]) {
        let error = #expect(throws: CommandError.self) { try RsyncCommandLine(parsing: words.map { Array($0.utf8) }) }
        #expect(error?.exitCode == 1)
    }

    @Test(
        "options of rsync that this program lacks are refused by name",
        arguments: [
            "--iconv=x", "--crtimes", "-N", "--write-batch=x", "--only-write-batch=x", "--read-batch=x",
        ]
    )
    func unsupported(option: String) throws {
        let error = #expect(throws: CommandError.self) { try parse("-a", option, "a", "b") }
        #expect(error?.exitCode == 4)
        #expect(try #require(error).description.contains(String(option.split(separator: "=")[0])))
    }

    @Test("an unknown item of --info or --debug is a warning: it only changes what is printed")
    func unknownLevels() throws {
        let line = try parse("--info=name2,foo3", "--debug=BAR", "a", "b")
        #expect(line.settings.warnings == ["unknown --info item: \"foo3\"", "unknown --debug item: \"BAR\""])
        #expect(line.options.output.level(.name) == 2)
    }

    @Test(
        "help for levels, and versions",
        arguments: [
            (["--info=help"], .infoHelp), (["-a", "--debug=del2,help", "--bogus"], .debugHelp), (["-V"], .version),
            (["--version", "--version"], .versionData), (["-VV"], .versionData),
        ] as [([String], ClientOptions.Request)]
    )
    func information(words: [String], expected: ClientOptions.Request) throws {
        let line = try RsyncCommandLine(parsing: words.map { Array($0.utf8) })
        #expect(line.mode == .information(expected))
    }

    @Test("the version as JSON has the members of rsync's")
    func versionData() throws {
        let data = Data(HelpText.text(of: .versionData).utf8)
        let value = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            value.keys.sorted() == [
                "capabilities", "caveat", "checksum_list", "compress_list", "copyright", "daemon_auth_list", "license",
                "optimizations", "program", "protocol", "url", "version",
            ]
        )
        let capabilities = try #require(value["capabilities"] as? [String: Any])
        #expect(capabilities.count == 23)
        let missing = capabilities.filter { $0.value as? Bool == false }.keys.sorted()
        #expect(missing == ["batchfiles", "crtimes", "iconv"])
    }

    @Test(
        "the window of times is read in each spelling",
        arguments: [
            (["-a@-1"], -1), (["-@", "2"], 2), (["-@=0"], 0), (["--modify-window=-7"], -7),
            (["--modify-window", "1"], 1),
        ] as [([String], Int32)]
    )
    func window(words: [String], expected: Int32) throws {
        let line = try RsyncCommandLine(parsing: (words + ["a", "b"]).map { Array($0.utf8) })
        #expect(line.options.comparison.modifyWindow == expected)
    }

    private struct Unexpected: Error {}
}

@Suite("Location")
struct LocationTests {
    private func location(_ text: String) throws -> Location { try Location(parsing: Array(text.utf8)) }

    private func host(_ host: String, user: String? = nil, port: UInt16? = nil) -> RemoteHost {
        RemoteHost(host: host, user: user, port: port)
    }

    @Test(
        "a colon behind a slash is part of a local path",
        arguments: ["/a:b", "./a:b", "a/b:c", "a", ".", "a[h]:x", "[h:x"]
    )
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
        #expect(try location("h::m/p/q") == .daemon(host("h"), module: module, path: path))
        #expect(try location("h::m") == .daemon(host("h"), module: module, path: []))
        #expect(try location("rsync://h/m/p/q") == .daemon(host("h"), module: module, path: path))
        #expect(
            try location("rsync://u@h:99/m/p/q")
                == .daemon(host("h", user: "u", port: 99), module: module, path: path)
        )
        #expect(
            try location("RSYNC://[::1]:99/m") == .daemon(host("::1", port: 99), module: module, path: [])
        )
        #expect(try location("rsync://h") == .daemon(host("h"), module: [], path: []))
        #expect(
            try location("u@[::1]::m/p/q") == .daemon(host("::1", user: "u"), module: module, path: path)
        )
    }

    @Test("a host that looks like an option is refused", arguments: ["-oProxyCommand=x:y", "rsync://-h/m"])
    func optionLikeHost(text: String) {
        #expect(throws: CommandError.self) { try location(text) }
    }
}
