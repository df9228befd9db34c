import LinuxSystem
import RsyncCommand
import RsyncEngine
import RsyncOptions
import RsyncWire
import Synchronization

/// Prints the messages of a server that do not go to the client (`--stderr=all`), and writes the log that the client asks for.
final class MessagePrinter: TransferObserver {
    /// A log of changes and messages.
    private struct Log {
        let file: LogFile
        let format: OutputFormat
        let itemizer: Itemizer
        let listsAll: Bool

        func line(_ item: ItemReport) {
            let isSignificant = !item.flags.subtracting([.basisFollows, .nameFollows]).isEmpty
            guard format.itemizes ? isSignificant || listsAll : item.flags.contains(.transfer) else { return }
            file.line(format.line(item, itemizer))
        }
    }

    private let output: ConsoleOutput
    private let isEndTold = Atomic<Bool>(false)
    /// Set before the session's threads start.
    private let log = Mutex<Log?>(nil)

    init(output: ConsoleOutput) { self.output = output }

    /// Opens the log that the client asks for; one that cannot be opened is reported, as by rsync, and left out.
    func openLog(_ arguments: ServerArguments) {
        guard let path = arguments.log.file else { return }
        let file: LogFile
        do throws(SystemError) {
            file = try LogFile(path: path, by: arguments.options.selection.links.paths.unlimited)
        } catch {
            if let note = error.linkNote { output.error(note) }
            output.error("rsync: [server] \(LogFile.failure(path, error))")
            output.error("Ignoring \"log file\" setting.")
            return
        }
        let log = Log(
            file: file,
            format: arguments.log.format.map { OutputFormat(parsing: $0) } ?? .items,
            itemizer: Itemizer(options: arguments.options),
            listsAll: arguments.options.output.itemize > 1
        )
        self.log.withLock { $0 = log }
    }

    /// Whether the client was told why the session ends.
    var hasToldEnd: Bool { isEndTold.load(ordering: .relaxed) }

    var wantsItems: Bool { log.withLock { $0 != nil } }
    var wantsFileProgress: Bool { false }

    private func note(_ text: [UInt8]) { log.withLock { $0?.file.line(text) } }

    func message(_ text: String, _ level: MessageLevel) { information(PrintableText.unescaped(text)) }

    func information(_ line: [UInt8]) {
        note(NameText.escaped(line))
        output.error(NameText.escaped(line))
    }

    func sentMessage(_ text: String, _ level: MessageLevel) {
        note(Array(text.utf8))
        if case .error = level, text.hasPrefix("rsync error: ") { isEndTold.store(true, ordering: .relaxed) }
    }

    func didChange(_ item: ItemReport) { log.withLock { $0?.line(item) } }

    func didDelete(name: [UInt8], isDirectory: Bool) {
        log.withLock { log in
            guard let log else { return }
            log.file.line(log.format.line(deleted: name, isDirectory: isDirectory, log.itemizer))
        }
    }

    func didMove(name: [UInt8], offset: Int64, size: Int64) {}

    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {
        if !isComplete { note(Array((isSending ? "building file list" : "receiving file list").utf8)) }
    }

    /// Writes the last line of a session that ran to its end.
    func finish(_ statistics: SessionStatistics) { note(Array(StatisticsText.logLine(statistics).utf8)) }
}
