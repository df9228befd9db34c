import RsyncOptions
import TestSupport
import Testing

@testable import RsyncCommand

/// How arguments reach a server: `-s`, `--old-args`, `-M` and the environment (rsync(1)).
@Suite("Passing of arguments")
struct PassingTests {
    private struct NoTransfer: Error {}

    private func parse(_ words: String, _ environment: [String: String] = [:]) throws -> RsyncCommandLine {
        try RsyncCommandLine(parsing: words.split(separator: " ").map { Array($0.utf8) }, environment: environment)
    }

    @Test(
        "options of the command line come before the environment",
        arguments: [
            ("-a s h:d", [:], 0, false),
            ("-a s h:d", ["RSYNC_OLD_ARGS": "1"], 1, false),
            ("-a s h:d", ["RSYNC_OLD_ARGS": "3"], 2, false),
            ("-a s h:d", ["RSYNC_OLD_ARGS": "abc"], 0, false),
            ("-a s h:d", ["RSYNC_PROTECT_ARGS": "1"], 0, true),
            ("-a s h:d", ["RSYNC_OLD_ARGS": "1", "RSYNC_PROTECT_ARGS": "1"], 1, false),
            ("-a -s s h:d", ["RSYNC_OLD_ARGS": "1"], 0, true),
            ("-a --no-old-args s h:d", ["RSYNC_OLD_ARGS": "1"], 0, false),
            ("-a --no-s s h:d", ["RSYNC_PROTECT_ARGS": "1"], 0, false),
            ("-a --old-args s h:d", ["RSYNC_PROTECT_ARGS": "1"], 1, false),
            ("-a --old-args --old-args --old-args s h:d", [:], 2, false),
        ] as [(String, [String: String], Int, Bool)]
    )
    func precedence(words: String, environment: [String: String], oldLevel: Int, isSecluded: Bool) throws {
        let passing = try parse(words, environment).settings.passing
        #expect(passing.oldLevel == oldLevel && passing.isSecluded == isSecluded)
    }

    @Test("-s and --old-args exclude each other")
    func conflict() {
        #expect(throws: CommandError.usage("--secluded-args conflicts with --old-args.")) {
            try parse("-a -s --old-args s h:d")
        }
    }

    @Test("with --old-args an empty destination is the working directory, an empty source still an error")
    func emptyArguments() throws {
        let words = { (words: [String]) in try RsyncCommandLine(parsing: words.map { Array($0.utf8) }) }
        guard case .transfer(let job) = try words(["-a", "--old-args", "s", ""]).mode else { throw NoTransfer() }
        #expect(job.destination == [UInt8(ascii: ".")])
        #expect(throws: CommandError.self) { try words(["-a", "s", ""]) }
        #expect(throws: CommandError.self) { try words(["-a", "--old-args", "", "d"]) }
    }

    @Test("remote options keep their order; each starts with a dash")
    func remoteOptions() throws {
        let passing = try parse("-a -M--log-file=x -M --fake-super --remote-option=-n s h:d").settings.passing
        #expect(passing.remoteOptions == ["--log-file=x", "--fake-super", "-n"].map { Array($0.utf8) })
        #expect(throws: CommandError.usage("Remote option must start with a dash: foo")) { try parse("-M foo s h:d") }
    }

    @Test("a local transfer with remote options is of whole files, too")
    func localTransfer() throws {
        #expect(try parse("-a -M--fake-super s d").options.wire.wholeFile == true)
        #expect(try parse("-a -M--fake-super --no-W s d").options.wire.wholeFile == false)
        #expect(try parse("-a -M--fake-super s h:d").options.wire.wholeFile == nil)
    }

    @Test("what is there cannot be verified without checksums", arguments: ["--append", "--append-verify"])
    func appendingUnverified(option: String) throws {
        for choice in ["--checksum-choice=none", "--whole-file"] {
            #expect(throws: CommandError.usage("--append cannot be used with --whole-file")) {
                try parse("-a \(option) \(choice) s h:d")
            }
        }
        #expect(try parse("-a \(option) s h:d").options.placement.appending != nil)
    }

    @Test("--fake-super hides the attributes that -XX copies; another end may have it")
    func fakeSuper() throws {
        #expect(throws: CommandError.usage("--fake-super conflicts with -XX")) { try parse("-aXX --fake-super s d") }
        #expect(try parse("-aX --fake-super s d").options.serverConflict == nil)
        #expect(try parse("-aXX -M--fake-super s h:d").options.serverConflict == nil)
    }

    @Test("quotes in the text of -e, where a doubled one stands for itself")
    func shellWords() throws {
        let text = #"ssh 'a''b' "c""d" 'e f'"g"h"#
        let words = try ShellCommand.words(of: Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
        #expect(words == ["ssh", "a'b", "c\"d", "e fgh"])
    }
}
