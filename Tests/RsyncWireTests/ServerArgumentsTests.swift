import Checksums
import LinuxSystem
import RsyncOptions
import RsyncWire
import TestSupport
import Testing

private func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }
private func text(_ words: [[UInt8]]) -> String {
    words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
}

@Suite("ServerArguments")
struct ServerArgumentsTests {
    /// Argument vectors that rsync 3.5.0 wrote for options that are served here.
    static let vectors = [
        "--server -logDtpre.iLsfxCIvu . dst",
        "--server -logDtprze.iLsfxCIvu . dst", "--server -logDtprze.iLsfxCIvu --compress-level=0 . dst",
        "--server -logDtpre.iLsfxCIvu --compress-choice=zstd . dst",
        "--server -logDtprze.iLsfxCIvu --compress-level=3 --old-compress . dst",
        "--server -logDtpre.iLsfxCIvu --new-compress . dst",
        "--server -logDtpre.iLsfxCIvu --compress-choice=none . dst",
        "--server -logDtpre.iLsfxCIvu --checksum-choice=md5 . dst",
        "--server -logDtpre.iLsfxCIvu --checksum-choice=xxh128,md5 . dst",
        "--server -lWogDtpre.iLsfxCIvu --checksum-choice=none . dst", "--server -logDtpre.iLsfxCIvu --delete . dst",
        "--server -vvlogDtpre.iLsfxCIvu . dst", "--server -vlogDtpre.iLsfxCIvu --log-format=%i . dst",
        "--server -logDtpre.iLsfxCIvu --log-format=%i%I . dst", "--server -qlogDtpre.iLsfxCIvu . dst",
        "--server -nlogDtprce.iLsfxCIvu . dst", "--server -lWogDtprISe.iLsfxCIvu . dst",
        "--server -logDtprSe.iLsfxCIvu --inplace . dst", "--server -logDtpre.iLsfxCIvu --partial . dst",
        "--server -logDtpre.iLsfxCIvu --stats . dst", "--server -logDtpre.iLsfxCIvu --bwlimit=100 . dst",
        "--server -logDtpre.iLsfxCIvu --timeout=30 . dst", "--server -lOogDtpre.iLsfxCIvu . dst",
        "--server -logDtpre.iLsfxCIvu --size-only . dst", "--server -logDtpre.iLsfxCIvu --numeric-ids . dst",
        "--server -logDtpre.iLsfxCIvu --delete --size-only --modify-window=5 --checksum-seed=3 . dst",
        "--server -logDtpre.iLsfxCIvu --modify-window=0 . dst",
        "--server -logDtpre.iLsfxCIvu --no-specials . dst", "--server -logtpre.iLsfxCIvu --specials . dst",
        "--server -ltre.iLsfxCIvu . dst", "--server -logtpre.iLsfxCIvu . dst",
        "--server -logDtpre.iLsfxCIvu -B700 . dst",
        "--server -logDtpre.LsfxCIvu . dst", "--server -logDtpre.iLsfxCIvu --checksum-seed=5 . dst",
        "--server -logDtpre.iLsfxCIvu --ignore-errors . dst", "--server -lHogDtpre.iLsfxCIvu . dst",
        "--server -logDtprSe.iLsfxCIvu --delete --stats --ignore-errors --numeric-ids --fsync --inplace . /x",
        "--server -logDtprSe.iLsfxCIvu --timeout=9 --size-only --checksum-seed=3 --ignore-errors --numeric-ids --fsync . /x",
        "--server -le.LsfxCIvu . dst", "--server --sender -logDtpre.iLsfxCIvu . src/",

        "--server --sender -logDtprze.iLsfxCIvu . src/",
        "--server --sender -vvlogDtpre.iLsfxCIvu . a b c", "--server --sender -lWogDtprISe.iLsfxCIvu . src/",
        "--server --sender -logDtpre.iLsfxCIvu --inplace . src/", "--server --sender -logDtpre.iLsfxCIvu -B700 . src/",
        "--server --sender -lHogDtpre.iLsfxCIvu --timeout=9 --bwlimit=5 --checksum-seed=-2 --numeric-ids . src/",
    ]

    @Test("come back as rsync wrote them", arguments: vectors)
    func roundTrip(vector: String) throws {
        for carrier in [ArgumentCarrier.shell, .daemon] {
            let parsed = ServerArguments(parsing: words(vector), from: carrier)
            #expect(parsed.refusal == nil && parsed.isComplete)
            var options = parsed.options
            options.wire.incrementalRecursion = parsed.capabilities.contains("i") || !options.selection.recursive
            let own = ServerArguments(options: options, isSender: parsed.isSender, paths: parsed.paths)
            #expect(text(own.encoded) == vector)
        }
    }

    @Test("of every recorded session are served")
    func captures() throws {
        var served = 0
        for name in [
            "push3-p32", "pull3-p32", "push-delete-p32", "pull-delete-p32", "push-hardlinks-p32", "push-dryrun-p32",
            "push3-lz4-p32", "pull3-zstd-p32", "pull3-zlibx-p32", "pull-checksum-p32", "push3-noinc-p32",
            "push-delete-excluded-p32", "pull-files-from-p32", "push-remove-source-p32", "push-delay-updates-p32",
        ] {
            let line = try Captures.header("session-" + name, "remote shell: rsync ")
            let parsed = ServerArguments(parsing: words(line), from: .shell)
            #expect(parsed.refusal == nil, "\(line)")
            #expect(parsed.isSender == name.hasPrefix("pull"))
            served += 1
        }
        #expect(served == 15)
    }

    @Test("of a daemon's client have no say in what paths lead to")
    func paths() throws {
        for vector in ["--server --confine-root /tmp . d", "--server --confine-root=x . d"] {
            let daemon = ServerArguments(parsing: words(vector), from: .daemon)
            #expect(daemon.refusal == nil && daemon.options.selection.links.paths.limit == nil)
            #expect(daemon.options.selection.links.paths.links == .nobodys)
        }
        let vector = words("--server --insecure-links . d")
        #expect(ServerArguments(parsing: vector, from: .daemon).refusal?.exitCode == 4)
        #expect(ServerArguments(parsing: vector, from: .shell).options.selection.links.paths.followsAll)
    }

    @Test(
        "name what is refused",
        arguments: [
            ("--server -logDtpre.iLsfxCIvu --bogus . d", "--bogus: unknown option"),
            ("--server -lZ . d", "-Z: unknown option"),
            ("--server -l --bogus=1 . d", "--bogus=1: unknown"),
            ("--server -l --timeout=x . d", "--timeout=x: invalid value"),
            ("--server -l --timeout", "--timeout: missing value"), ("--server -l dst", "no \".\" before \"dst\""),
            ("--server -l", "no \".\""), ("-l . d", "no --server"), ("--server --daemon . d", "--daemon: this option"),
            ("--server --checksum-choice=md7 . d", "invalid value"), ("--server -B131073 . d", "invalid value"),
            ("--server --compress-choice=rar . d", "invalid value"),
        ]
    )
    func refused(vector: String, expected: String) throws {
        let shell = try #require(ServerArguments(parsing: words(vector), from: .shell).refusal)
        #expect(shell.exitCode == 1 && shell.description.contains(expected), "\(shell)")
        let daemon = try #require(ServerArguments(parsing: words(vector), from: .daemon).refusal)
        let isKnown = expected.hasSuffix(": this option")
        let start = isKnown ? "The server is configured to refuse --" : "on remote machine: "
        #expect(daemon.exitCode == 4 && daemon.description.hasPrefix(start))
    }

    @Test(
        "request nanosecond comparison in a form that servers of any age know, and only from the receiving side",
        arguments: ["-@-1", "-@ -1", "-rt@-1", "--modify-window=-1", "--modify-window -1"]
    )
    func window(spelling: String) {
        let parsed = ServerArguments(parsing: words("--server -re.iLsfxCIvu \(spelling) . d"), from: .shell)
        #expect(parsed.refusal == nil && parsed.options.comparison.modifyWindow == -1)
        var options = TransferOptions()
        options.comparison.modifyWindow = -1
        let push = ServerArguments(options: options, isSender: false, paths: [])
        #expect(text(push.encoded) == "--server -e.LsfxCIvu --modify-window=-1 .")
        let pull = ServerArguments(options: options, isSender: true, paths: [])
        #expect(text(pull.encoded) == "--server --sender -e.LsfxCIvu .")
    }

    @Test("compress when there is a level but no letter, and send no level when they do not compress")
    func levelAlone() {
        let parsed = ServerArguments(parsing: words("--server -re.iLsfxCIvu --compress-level=5 . d"), from: .shell)
        #expect(parsed.options.wire.compress && parsed.options.wire.compressLevel == 5)
        var options = TransferOptions()
        options.wire.compressLevel = 5
        #expect(text(ServerArguments(options: options, isSender: false, paths: []).encoded) == "--server -e.LsfxCIvu .")
    }

    @Test("in effect before a refused option stay in effect")
    func partial() {
        let parsed = ServerArguments(
            parsing: words("--server --sender -logDtpre.iLsfxCIvu --bogus --checksum-seed=5 . d"),
            from: .daemon
        )
        #expect(parsed.isSender && parsed.options.selection.recursive && parsed.options.wire.checksumSeed == 0)
        #expect(parsed.compatibilityFlags.contains(.varintFileListFlags))
    }

    @Test("understand letters in any order and long names")
    func spellings() {
        let parsed = ServerArguments(
            parsing: words(
                "--server -rr --links -tv --no-W --no-r -v --no-D -e .LsfxCIvu --checksum-choice xxhash --del -B 900 . d"
            ),
            from: .shell
        )
        #expect(parsed.refusal == nil)
        #expect(
            parsed.options.attributes.links && parsed.options.attributes.times && !parsed.options.selection.recursive
                && parsed.options.deletion.isOn
        )
        #expect(
            parsed.options.output.verbosity == 2 && parsed.options.wire.wholeFile == false
                && parsed.options.wire.blockLength == 900
        )
        #expect(parsed.options.wire.checksumChoice == .xxh64)
    }

    @Test("of a client with -s leave only letters on the command line")
    func seclusion() {
        var options = TransferOptions()
        options.setArchive()
        options.wire.timeout = 5
        var passing = ArgumentPassing()
        passing.isSecluded = true
        passing.remoteOptions = [Array("--log-file=a b".utf8)]
        let arguments = ServerArguments(
            options: options,
            isSender: true,
            paths: [Array("a b*".utf8), Array("-x".utf8)],
            passing: passing
        )
        #expect(texts(arguments.shellWords) == ["--server", "--sender", "-slogDtpre.iLsfxCIvu"])
        #expect(texts(arguments.secludedWords) == ["--timeout=5", "--log-file=a b", ".", "a b*", "./-x"])
    }

    @Test(
        "of a client with --old-args and -M are escaped as by rsync 3.5.0",
        arguments: [
            (0, #"--usermap=\*:x --log-file=a\ b\* . d\ d*"#, #"--usermap=\*:x --log-file=a\ b\* . d d*"#),
            (1, #"--usermap=\*:x --log-file=a b* . d d*"#, #"--usermap=\*:x --log-file=a b* . d d*"#),
            (2, "--usermap=*:x --log-file=a b* . d d*", "--usermap=*:x --log-file=a b* . d d*"),
        ]
    )
    func oldArguments(level: Int, shell: String, daemon: String) throws {
        var options = TransferOptions()
        options.attributes.userRules = IdentityRules("*:x")
        var passing = ArgumentPassing()
        passing.oldLevel = level
        passing.remoteOptions = [Array("--log-file=a b*".utf8)]
        let arguments = ServerArguments(
            options: options,
            isSender: false,
            paths: [Array("d d*".utf8)],
            passing: passing
        )
        let start = "--server -e.LsfxCIvu "
        #expect(texts(arguments.shellWords).joined(separator: " ") == start + shell)
        #expect(texts(arguments.encodedForDaemon).joined(separator: " ") == start + daemon)
    }

    private func texts(_ words: [[UInt8]]) -> [String] { words.map { String(decoding: $0, as: UTF8.self) } }

    @Test("from the stream join the command line")
    func secluded() throws {
        let line = try Captures.header("session-push3-secluded-p32", "remote shell: rsync ")
        let first = ServerArguments(parsing: words(line), from: .shell)
        #expect(first.isSecluded && !first.isComplete && first.refusal == nil)
        let input = WireInput(source: ArraySource(try Captures.session("push3-secluded-p32").client))
        let rest = try ArgumentStream.read(from: input, isSecluded: true)
        let whole = ServerArguments(parsing: words(line) + rest, from: .shell)
        #expect(whole.refusal == nil && whole.isComplete && whole.options.wire.checksumSeed == 12345)
        #expect(try input.int32("version") == 32)
    }

    @Test(
        "of a pre-release lower the announced version",
        arguments: [("31.14i", 30), ("32.7x", 31), ("33.5", 32), ("32.0", 32), (".iv", 32)]
    )
    func preRelease(capabilities: String, version: Int32) {
        #expect(
            ServerArguments(parsing: words("--server -re\(capabilities) . d"), from: .shell).announcedVersion == version
        )
    }

    @Test("a server that receives decides by itself whether it needs the whole list")
    func incrementalOffer() throws {
        var options = TransferOptions()
        options.setArchive()
        options.selection.prunesEmptyDirectories = true
        let push = ServerArguments(options: options, isSender: false, paths: [Array("d".utf8)])
        let pull = ServerArguments(options: options, isSender: true, paths: [Array("s".utf8)])
        #expect(texts(push.shellWords).joined(separator: " ") == "--server -lmogDtpre.iLsfxCIvu . d")
        #expect(texts(pull.shellWords).joined(separator: " ") == "--server --sender -logDtpre.LsfxCIvu . s")
        let received = ServerArguments(parsing: words("--server -lmogDtpre.iLsfxCIvu . d"), from: .shell)
        #expect(!received.compatibilityFlags.contains(.incrementalRecursion))
    }

    @Test("are shown in quotes where they have more than letters, digits and a few marks")
    func shown() {
        let words = ["/bin/sh", "a b", "--x=1,2", "", "50%", "u@h", "~", "it's"].map { Array($0.utf8) }
        let text = String(decoding: ArgumentQuoting.shown(words), as: UTF8.self)
        #expect(text == "/bin/sh \"a b\" --x=1,2  \"50%\" u@h \"~\" \"it's\"  (8 args)")
    }

    @Test(
        "are quoted for a shell",
        arguments: [
            ("a b", "a\\ b", "a\\ b"), ("a*", "a*", "a\\*"), ("-x", "./-x", "-x"), ("a\\*b", "a\\*b", "a\\\\\\*b"),
            ("$(x)'\"`", "\\$\\(x\\)\\'\\\"\\`", "\\$\\(x\\)\\'\\\"\\`"), ("a\\b", "a\\\\b", "a\\\\b"),
        ]
    )
    func quoting(argument: String, path: String, word: String) {
        #expect(ArgumentQuoting.shellPath(Array(argument.utf8)) == Array(path.utf8))
        #expect(ArgumentQuoting.shellWord(Array(argument.utf8)) == Array(word.utf8))
        #expect(ArgumentQuoting.unescaped(Array(word.utf8)) == Array(argument.utf8))
    }

    @Test(
        "of a daemon stay inside the module",
        arguments: [
            ("pub/", ["."]), ("pub", ["."]), ("pub/dir/file", ["dir/file"]), ("pub/../../etc/passwd", ["etc/passwd"]),
            ("pub//abs/./x/", ["abs/x/"]), ("pub/a pub/b c", ["a", "b c"]), ("public/x", ["public/x"]),
            ("pub/pub/x", ["pub/x"]), ("/etc", ["etc"]), ("pub/a/../../..", ["."]), ("pub/..x/...", ["..x/..."]),
        ]
    )
    func modulePaths(argument: String, paths: [String]) {
        let module = Array("pub".utf8)
        #expect(ArgumentQuoting.modulePaths(Array(argument.utf8), module: module) == paths.map { Array($0.utf8) })
    }

    @Test("of a daemon are not split where the client did not mean it")
    func daemonPath() {
        let module = Array("pub".utf8)
        let path = Array("x pub/y".utf8)
        let argument = ArgumentQuoting.daemonPath(module: module, path: path)
        #expect(argument == Array("pub/x[ ]pub/y".utf8))
        #expect(ArgumentQuoting.modulePaths(argument, module: module).count == 1)
        #expect(ArgumentQuoting.daemonPath(module: module, path: []) == Array("pub/".utf8))
    }
}
