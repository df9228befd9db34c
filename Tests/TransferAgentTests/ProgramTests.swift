import AgentTestSupport
import Foundation
import TestSupport
import TransferAgent
import Testing

@Suite("Agent programs", .timeLimit(.minutes(10)))
struct ProgramTests {
    /// A change of the command line shows here.
    @Test(
        "help texts are as written down",
        arguments: [
            ("dvm-source", "transfer", HelpTexts.transfer), ("dvm-source", "doctor", HelpTexts.doctor),
            ("dvm-source", "capacity", HelpTexts.forecast), ("dvm-target", "serve", HelpTexts.serve),
            ("dvm-target", "capacity", HelpTexts.capacity),
            ("dvm-source", "status", HelpTexts.sourceStatus), ("dvm-target", "status", HelpTexts.targetStatus),
            ("dvm-target", "drain", HelpTexts.drain), ("dvm-source", "serve", HelpTexts.sourceServe),
            ("dvm-source", "start", HelpTexts.start), ("dvm-source", "attach", HelpTexts.attach),
            ("dvm-source", "stop", HelpTexts.stop), ("dvm-source", "pause", HelpTexts.pause),
            ("dvm-source", "resume", HelpTexts.resume), ("dvm-source", "limit", HelpTexts.limit),
            ("dvm-source", "manifest", HelpTexts.manifest), ("dvm-source", "compare", HelpTexts.compare),
        ]
    )
    func help(program: String, command: String, expected: String) throws {
        #expect(try ChildProcess.run(try BuiltProgram.path(program), [command, "--help"]) == expected)
    }

    @Test(
        "a wrong command line ends with rsync's exit code 1",
        arguments: [
            [], ["transfer"], ["transfer", "--volume", "v=/tmp", "--target", "h:1"],
            ["transfer", "--volume", "v=/tmp", "--target", "h:1", "--insecure", "--pin", "00"],
            ["transfer", "--volume", "v=/tmp", "--target", "h:1", "--insecure", "--psk-file", "f"],
            ["transfer", "--volume", "v", "--target", "h:1", "--insecure"],
            ["transfer", "--volume", "v=/tmp", "--target", "h:1", "--insecure", "--progress", "loud"],
            ["transfer", "--volume", "v=/tmp", "--target", "h:1", "--insecure", "--proxy-password-file", "f"],
            ["transfer", "--volume", "v=/tmp", "--target", "h:1", "--insecure", "--keep-alive", "0"],
            ["transfer", "--volume", "v=/tmp", "--target", "h:1", "--target", "i:1", "--insecure"],
            ["transfer", "--volume", "v=/tmp", "--target", "h:1", "--insecure", "--plan", "p"],
            ["transfer", "--volume", "v=/tmp", "--target", "h:1", "--insecure", "--json"],
            ["doctor", "--target", "h:1", "--insecure"],
            ["doctor", "--volume", "v=/tmp", "--target", "h:1"],
            ["doctor", "--volume", "v=/tmp", "--target", "h:1", "--insecure", "--idle", "0"],
            ["doctor", "--volume", "v=/tmp", "--target", "h:1", "--insecure", "--proxy", "http://proxy"],
        ]
    )
    func usage(arguments: [String]) throws {
        let child = try ChildProcess(try BuiltProgram.path("dvm-source"), arguments)
        // Without arguments it is a wish for help.
        #expect(try child.waitForExit() == (arguments.isEmpty ? 0 : 1))
    }

    @Test(
        "a target reports where it listens and ends with 0 on a signal; a source ends with 20",
        arguments: [SIGTERM, SIGINT]
    )
    func signals(signal: Int32) throws {
        let directory = try TemporaryDirectory()
        let authority = try CertificateAuthority()
        let leaf = try authority.issue("localhost", alternativeNames: "IP:127.0.0.1")
        for name in ["source", "target"] {
            try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
        }
        try write("root:secret\n", to: directory.file("credentials"))
        try write("secret\n", to: directory.file("password"))
        try Data(knownBytes(4_000_000, seed: 5)).write(to: URL(fileURLWithPath: directory.file("source/big")))
        let target = try ChildProcess(
            try BuiltProgram.path("dvm-target"),
            ["serve", "--listen", "127.0.0.1:0", "--certificate", leaf.certificate, "--private-key", leaf.key]
                + ["--volume", "v=" + directory.file("target"), "--credentials", directory.file("credentials")]
        )
        try target.waitForOutput("(TLS)\n")
        let line = try #require(target.output.split(separator: "\n").first { $0.hasPrefix("listening on 127.0.0.1:") })
        let port = line.dropFirst("listening on 127.0.0.1:".count).prefix { $0 != " " }
        let source = try ChildProcess(
            try BuiltProgram.path("dvm-source"),
            ["transfer", "--volume", "v=" + directory.file("source"), "--target", "127.0.0.1:\(port)"]
                + ["--ca", authority.files.certificate, "--password-file", directory.file("password")]
                + ["--bwlimit", "500K", "--progress", "lines"]
        )
        try source.waitForOutput("% ")
        kill(source.processIdentifier, signal)
        #expect(try source.waitForExit() == 20)
        #expect(source.output.contains("DVM-4004"))
        try target.waitForOutput(", user root, volume v: ")
        kill(target.processIdentifier, signal)
        #expect(try target.waitForExit() == 0)
    }

    @Test("a second target is refused, a second value of other options is not")
    func repeated() throws {
        let program = try BuiltProgram.path("dvm-source")
        let child = try ChildProcess(
            program,
            ["transfer", "--volume", "v=/tmp", "--target", "h:1", "--insecure", "--target=i:1"]
        )
        #expect(try child.waitForExit() == 1)
        #expect(child.output.contains("--target was given twice"))
        let job = try ChildProcess.run(
            program,
            [
                "transfer", "--volume", "v=/tmp", "--volume", "w=/", "--exclude", "--target", "--exclude", "b",
                "--target", "h:1",
            ]
                + [
                    "--insecure", "--progress", "none", "--progress", "json", "--accept", "vanished", "--accept",
                    "attributes", "--print-job",
                ]
        )
        #expect(job.contains(#"exclude: ["--target","b"]  # flag --exclude"#))
        #expect(job.contains(#"accept: ["vanished","attributes"]"#))
    }

    @Test("the agents tell their version", arguments: ["dvm-source", "dvm-target"])
    func version(program: String) throws {
        let text = try ChildProcess.run(try BuiltProgram.path(program), ["--version"])
        #expect(text.wholeMatch(of: /(dvm-source|dvm-target) \d+\.\d+\.\d+\n/) != nil)
    }

    @Test("a missing source has one exit code in all commands")
    func missingSource() throws {
        let program = try BuiltProgram.path("dvm-source")
        #expect(try ChildProcess(program, ["capacity", "/nowhere"]).waitForExit() == 3)
        let target = try Target()
        try write("secret\n", to: target.directory.file("password"))
        for command in ["transfer", "doctor"] {
            let child = try ChildProcess(
                program,
                [command, "--volume", "data=/nowhere", "--target", target.settings.target]
                    + [
                        "--ca", target.authority.files.certificate, "--password-file",
                        target.directory.file("password"),
                    ]
            )
            #expect(try child.waitForExit() == 3)
        }
    }

    @Test("the password may come from standard input")
    func passwordInput() throws {
        let target = try Target()
        for (password, exitCode) in [("secret\nmore\n", 0), ("wrong", 5), ("", 1)] as [(String, Int32)] {
            let child = try ChildProcess(
                try BuiltProgram.path("dvm-source"),
                ["transfer", "--volume", "data=" + target.directory.file("source"), "--target", target.settings.target]
                    + ["--ca", target.authority.files.certificate, "--password-file", "-", "--allow-empty-source"]
            )
            child.send(password)
            child.closeInput()
            #expect(try child.waitForExit() == exitCode)
        }
    }

    @Test("a dumb terminal gets lines")
    func dumb() {
        #expect(ProgressFormat.usual(isTerminal: true, terminalType: "dumb") == .lines)
        #expect(ProgressFormat.usual(isTerminal: true, terminalType: "xterm") == .tty)
        #expect(ProgressFormat.usual(isTerminal: true, terminalType: nil) == .tty)
        #expect(ProgressFormat.usual(isTerminal: false, terminalType: "xterm") == .lines)
    }
}
