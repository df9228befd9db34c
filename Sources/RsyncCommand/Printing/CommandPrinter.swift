import Glibc
import LinuxSystem
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
    private let settings: ClientSettings
    private let numbers: NumberText
    private let names: NameText
    /// The format of the lines for changes; nil for none.
    private let format: OutputFormat?
    private let logFormat: OutputFormat?
    /// Whether every difference is listed, also in the log: with `-i`, or `%i` in the format for standard output.
    private let itemizes: Bool
    private let itemizer: Itemizer
    /// Whether both ends are on this machine, even if the other one is a server.
    private let isLocal: Bool
    private let output: any CommandOutput
    private let log: (any LineOutput)?
    private let progress: ProgressLine?

    /// Prepares to print.
    ///
    /// - Parameters:
    ///   - line: The command line.
    ///   - output: Where it is printed.
    ///   - log: The log of `--log-file`, if there is one.
    ///   - highBytes: What the locale makes of bytes above 127.
    ///   - figures: The counters of the progress display.
    package init(
        _ line: RsyncCommandLine,
        output: any CommandOutput,
        log: (any LineOutput)?,
        highBytes: NameText.HighBytes = .text,
        figures: TransferProgress = TransferProgress()
    ) {
        options = line.options
        settings = line.settings
        if case .transfer(let job) = line.mode { isLocal = job.carrier == .local } else { isLocal = false }
        self.output = output
        self.log = log
        numbers = NumberText(level: settings.humanLevel)
        names = NameText(settings.keepsHighBytes ? .kept : highBytes)
        let progressLevel = options.output.quiet ? 0 : options.output.level(.progress)
        progress =
            progressLevel == 0
            ? nil
            : ProgressLine(
                isTotal: progressLevel > 1,
                isReceiving: line.isPull,
                numbers: numbers,
                figures: figures,
                output: output
            )
        itemizer = Itemizer(options: options, names: names)
        let custom = settings.outFormat.map { OutputFormat(parsing: $0) }
        itemizes = options.output.itemize > 0 || custom?.itemizes == true
        if options.output.quiet {
            format = nil
        } else if let custom {
            format = custom
        } else {
            format = options.output.itemize > 0 ? .items : options.output.level(.name) > 0 ? .names : nil
        }
        logFormat = log == nil ? nil : settings.logFileFormat.map { OutputFormat(parsing: $0) } ?? .items
    }

    package var wantsItems: Bool { format != nil || logFormat != nil || progress != nil }
    package var wantsFileProgress: Bool { progress != nil && !options.dryRun }
    package var wantsChecksums: Bool { format?.showsChecksum == true || logFormat?.showsChecksum == true }
    package var wantsItemsFirst: Bool { wantsFileProgress && format?.needsCompleteFile != true }

    // MARK: messages

    package func message(_ text: String, _ level: MessageLevel) {
        show(names.escaped(PrintableText.unescaped(text)), level)
    }

    package func information(_ line: [UInt8]) { show(names.escaped(line), .info) }

    package func peerMessage(_ line: [UInt8], _ level: MessageLevel) { show(peerText(line), level) }

    private func show(_ line: [UInt8], _ level: MessageLevel) {
        log?.line(line)
        guard case .info = level else { return output.error(line) }
        if !options.output.quiet { inform(line) }
    }

    package func greeting(_ line: [UInt8]) {
        if settings.showsGreeting, !options.output.quiet { inform(peerText(line)) }
    }

    /// A line of the peer's: unless `-8` or the locale decides, what hides or reorders text on a terminal is escaped.
    private func peerText(_ line: [UInt8]) -> [UInt8] {
        guard names.highBytes == .text else { return names.escaped(line) }
        let tab = UInt8(ascii: "\t")
        let columns = line.split(separator: tab, omittingEmptySubsequences: false)
        return Array(columns.map { Array(PrintableText.escaped(Array($0)).utf8) }.joined(separator: [tab]))
    }

    /// Prints a line of information.
    private func inform(_ line: [UInt8]) {
        if options.output.messageRoute == .all { output.error(line) } else { output.line(line) }
    }

    // MARK: changes

    package func didChange(_ item: ItemReport) {
        var item = item
        item.isLocal = item.isLocal || isLocal
        let isSignificant = !item.flags.subtracting([.basisFollows, .nameFollows]).isEmpty
        guard isListed(item, isSignificant) else { return }
        if let logFormat { log?.line(logFormat.line(item, itemizer)) }
        if let format { inform(format.line(item, itemizer)) }
    }

    /// Whether an item is shown, and logged: every difference, or else what was made or transferred.
    private func isListed(_ item: ItemReport, _ isSignificant: Bool) -> Bool {
        if itemizes {
            return isSignificant || options.output.itemize > 1 || options.output.level(.name) > 1
        }
        if !item.flags.isDisjoint(with: [.transfer, .isNew]) || isSignificant && item.isDirectory { return true }
        // What is copied or linked here without a difference, or was linked already, is reported by verbose servers all the same.
        let differs = !item.flags.subtracting([.localChange, .basisFollows, .nameFollows]).isEmpty
        return item.flags.contains(.localChange) && (differs || !item.hardLink.isEmpty)
    }

    package func didList(_ item: ItemReport) {
        guard !options.output.quiet else { return }
        let width = numbers.level == 0 ? 11 : 14
        var shown = item
        shown.name = names.escaped(item.name)
        shown.target = names.escaped(item.target)
        let size = numbers.count(item.size).right(width)
        inform(ListingLine.line(shown, size: size, showsAccess: options.attributes.accessTimes > 0))
    }

    package var wantsDeletedPermissions: Bool {
        format?.showsPermissions ?? false || logFormat?.showsPermissions ?? false
    }

    package func didDelete(name: [UInt8], isDirectory: Bool) {
        didDelete(name: name, isDirectory: isDirectory, permissions: nil)
    }

    package func didDelete(name: [UInt8], isDirectory: Bool, permissions: UInt32?) {
        func line(_ format: OutputFormat) -> [UInt8] {
            format.line(deleted: name, isDirectory: isDirectory, permissions: permissions, itemizer)
        }
        if let logFormat { log?.line(line(logFormat)) }
        guard !options.output.quiet, format != nil || options.output.level(.del) > 0 else { return }
        inform(line(format ?? .names))
    }

    package func didMove(name: [UInt8], offset: Int64, size: Int64) { progress?.moved(to: offset, of: size) }

    package func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {
        if !isComplete { log?.line(isSending ? "building file list" : "receiving file list") }
        let level = options.output.quiet ? 0 : options.output.level(.flist)
        guard level > 0, options.selection.takesDirectories else { return }
        if isIncremental {
            guard !isComplete else { return }
            inform(Array((isSending ? "sending" : "receiving").utf8) + Array(" incremental file list".utf8))
        } else if isComplete {
            // As in rsync, with the first entry.
            if level > 1, isSending, count > 0 { output.rawLine(" 0 files...\r") }
            let files = count == 1 ? "file" : "files"
            output.raw(level > 1 ? "\(numbers.count(Int64(count))) \(files) to consider\n" : "done\n")
        } else {
            output.raw("\(isSending ? "building" : "receiving") file list ... ")
        }
    }

    // MARK: the end

    /// Prints why a session failed.
    package func abandon(_ failure: String, _ statistics: SessionStatistics) {
        fail(failure)
        log?.line(StatisticsText.logLine(statistics))
    }

    /// Prints the last line of a run that failed.
    package func fail(_ text: String) {
        for line in text.split(separator: "\n").map(String.init) {
            log?.line(line)
            output.error(line)
        }
    }

    /// Prints the statistics and the summary that the options request.
    package func finish(_ statistics: SessionStatistics, elapsed: Duration) {
        progress?.finish()
        let report = StatisticsText(statistics, numbers: numbers, isDryRun: options.dryRun)
        let level = options.output.level(.stats)
        let lines =
            (level > 1 ? [""] + report.figures : []) + (level > 0 ? [""] + report.summary(elapsed: elapsed) : [])
        if lines.isEmpty { log?.line(StatisticsText.logLine(statistics)) }
        for line in lines {
            if !line.isEmpty { log?.line(line) }
            if !options.output.quiet { inform(Array(line.utf8)) }
        }
    }
}
