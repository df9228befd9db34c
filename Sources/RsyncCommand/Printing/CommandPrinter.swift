import Glibc
package import RsyncEngine
import RsyncOptions
import RsyncWire
import Synchronization

/// Prints a transfer as rsync prints it (protocol specification, transfer 18).
///
/// ## Concurrency model
/// The settings do not change; `output`, `log` and `progress` are thread-safe.
package final class CommandPrinter: TransferObserver {
    private let options: TransferOptions
    private let numbers: NumberText
    private let format: OutputFormat?
    private let logFormat: OutputFormat?
    private let itemizer: Itemizer
    private let showsList: Bool
    private let showsDeletions: Bool
    private let showsUnchanged: Bool
    private let output: any CommandOutput
    private let log: (any LineOutput)?
    private let progress: ProgressLine?

    package init(
        _ line: RsyncCommandLine,
        output: any CommandOutput,
        log: (any LineOutput)?,
        figures: TransferProgress = TransferProgress()
    ) throws(CommandError) {
        let (options, info) = (line.options, line.settings.info)
        let verbosity = options.output.quiet ? 0 : options.output.verbosity
        self.options = options
        self.output = output
        self.log = log
        numbers = NumberText(level: line.settings.humanLevel)
        progress =
            line.settings.progress == .none || options.output.quiet
            ? nil
            : ProgressLine(
                isTotal: line.settings.progress == .total,
                numbers: numbers,
                figures: figures,
                output: output
            )
        itemizer = Itemizer(options: options)
        let namesByProgress = line.settings.progress == .files ? 1 : 0
        let showsNames = (info["name"] ?? max(min(verbosity, 1), namesByProgress)) > 0
        if options.output.quiet {
            format = nil
        } else if let custom = line.settings.outFormat {
            format = try OutputFormat(parsing: custom)
        } else {
            format = options.output.itemize > 0 ? .items : showsNames ? .names : nil
        }
        logFormat = log == nil ? nil : .items
        showsList =
            (info["flist"] ?? max(verbosity, line.settings.progress == .files ? 2 : 0)) > 0 && !options.output.quiet
        showsDeletions = (info["del"] ?? verbosity) > 0
        showsUnchanged = options.output.itemize > 1 || (info["name"] ?? verbosity) > 1
    }

    package var wantsItems: Bool { format != nil || logFormat != nil || progress != nil }
    package var wantsFileProgress: Bool { progress != nil && !options.dryRun }

    package func message(_ text: String, _ level: MessageLevel) {
        log?.line(text)
        if case .info = level {
            if !options.output.quiet { output.line(text) }
        } else {
            output.error(text)
        }
    }

    package func didChange(_ item: ItemReport) {
        let isSignificant = !item.flags.subtracting([.basisFollows, .nameFollows]).isEmpty
        if isSignificant, let log, let logFormat { log.line(logFormat.line(item, itemizer)) }
        guard let format else { return }
        if format.itemizes || options.output.itemize > 0 {
            if isSignificant || showsUnchanged { output.line(format.line(item, itemizer)) }
        } else if !item.flags.isDisjoint(with: [.transfer, .isNew, .localChange]) || isSignificant && item.isDirectory {
            output.line(format.line(item, itemizer))
        } else if showsUnchanged, !item.isDirectory {
            output.line(NameText.escaped(item.name) + Array(" is uptodate".utf8))
        }
    }

    package func didList(_ item: ItemReport) {
        let width = numbers.level == 0 ? 11 : 14
        var shown = item
        shown.name = NameText.escaped(item.name)
        shown.target = NameText.escaped(item.target)
        output.line(ListingLine.line(shown, size: numbers.count(item.size).right(width)))
    }

    package func didDelete(name: [UInt8], isDirectory: Bool) {
        if let format, format.itemizes {
            output.line(format.line(deleted: name, isDirectory: isDirectory))
        } else if showsDeletions, !options.output.quiet {
            output.line(OutputFormat.names.line(deleted: name, isDirectory: isDirectory))
        }
        if let log, let logFormat { log.line(logFormat.line(deleted: name, isDirectory: isDirectory)) }
    }

    package func didMove(name: [UInt8], offset: Int64, size: Int64) { progress?.moved(to: offset, of: size) }

    package func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {
        log?.line(isSending ? "building file list" : "receiving file list")
        guard showsList, !isComplete else { return }
        if isIncremental {
            output.line(isSending ? "sending incremental file list" : "receiving incremental file list")
        } else {
            output.line(isSending ? "building file list ... done" : "receiving file list ... done")
        }
    }

    /// Prints the last line of a run that failed.
    package func fail(_ text: String) {
        log?.line(text)
        output.error(text)
    }

    /// Prints the statistics and the summary that the options request.
    package func finish(_ statistics: SessionStatistics, elapsed: Duration) {
        log?.line(
            "sent \(statistics.bytesSent) bytes  received \(statistics.bytesReceived) bytes  "
                + "total size \(statistics.totalSize)"
        )
        guard !options.output.quiet else { return }
        progress?.finish()
        let report = StatisticsText(statistics, numbers: numbers, isDryRun: options.dryRun)
        if options.output.stats {
            output.line("")
            for line in report.figures { output.line(line) }
        }
        if options.output.verbosity > 0 || options.output.stats {
            output.line("")
            for line in report.summary(elapsed: elapsed) { output.line(line) }
        }
    }
}
