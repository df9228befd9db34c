import RsyncOptions
import RsyncWire
import Synchronization
import Testing

@testable import RsyncCommand
@testable import RsyncEngine

/// Keeps what is printed.
private final class Lines: CommandOutput {
    let all = Mutex<[String]>([])

    private func add(_ text: String) { all.withLock { $0.append(text) } }
    func line(_ text: [UInt8]) { add(String(decoding: text, as: UTF8.self)) }
    func raw(_ text: String) { add(text) }
    func rawLine(_ text: String) { add("\n" + text) }
    func error(_ text: [UInt8]) { line(text) }
}

@Suite("CommandPrinter")
struct CommandPrinterTests {
    /// What a run with these options logs.
    private func logged(_ options: [String], _ run: (CommandPrinter) -> Void) throws -> [String] {
        let log = Lines()
        let arguments = (["-r"] + options + ["a", "b"]).map { Array($0.utf8) }
        let line = try RsyncCommandLine(parsing: arguments, environment: [:])
        run(CommandPrinter(line, output: Lines(), log: log))
        return log.all.withLock { $0 }
    }

    @Test("the first entry of a whole list begins its progress", arguments: [(0, false), (1, true)])
    func listProgress(count: Int, isShown: Bool) throws {
        let output = Lines()
        let words = ["-r", "--progress", "a", "b"].map { Array($0.utf8) }
        let printer = CommandPrinter(try RsyncCommandLine(parsing: words, environment: [:]), output: output, log: nil)
        printer.fileList(isSending: true, isIncremental: false, isComplete: false, count: 0)
        printer.fileList(isSending: true, isIncremental: false, isComplete: true, count: count)
        let files = "\(count) \(count == 1 ? "file" : "files") to consider\n"
        let expected = ["building file list ... "] + (isShown ? ["\n 0 files...\r"] : []) + [files]
        #expect(output.all.withLock { $0 } == expected)
    }

    private func item(_ flags: ItemFlags) -> ItemReport {
        ItemReport(
            name: Array("f".utf8),
            flags: flags,
            mode: 0o100644,
            size: 1,
            modified: 0,
            uid: 0,
            gid: 0,
            target: [],
            hardLink: [],
            isSending: true,
            isLocal: false,
            transferred: 0
        )
    }

    @Test(
        "the log lists every difference only with -i or %i in the format of standard output",
        arguments: [
            ([], []), (["-i"], [".f...p..... f"]), (["-q", "-i"], [".f...p..... f"]), (["--log-file-format=%i"], []),
            (["--out-format=%i"], [".f...p..... f"]),
        ] as [([String], [String])]
    )
    func logsDifferences(options: [String], expected: [String]) throws {
        #expect(try logged(options) { $0.didChange(item([.reportPermissions])) } == expected)
    }

    @Test("the log gets the statistics that are printed, or else one line")
    func logsStatistics() throws {
        let finish = { (printer: CommandPrinter) in printer.finish(SessionStatistics(), elapsed: .zero) }
        #expect(try logged([], finish) == ["sent 0 bytes  received 0 bytes  total size 0"])
        #expect(
            try logged(["-v"], finish) == [
                "sent 0 bytes  received 0 bytes  0.00 bytes/sec", "total size is 0  speedup is 0.00",
            ]
        )
        #expect(try logged(["--stats"], finish).count == 13)
    }

    @Test("the log gets why a session failed")
    func logsFailure() throws {
        let lines = try logged([]) { $0.abandon("rsync: no", SessionStatistics()) }
        #expect(lines == ["rsync: no", "sent 0 bytes  received 0 bytes  total size 0"])
    }
}
