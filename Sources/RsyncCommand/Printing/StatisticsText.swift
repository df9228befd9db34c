package import RsyncEngine

/// The statistics at the end of a run (protocol specification, transfer 18.5).
package struct StatisticsText {
    private let statistics: SessionStatistics
    private let numbers: NumberText
    private let isDryRun: Bool

    init(_ statistics: SessionStatistics, numbers: NumberText, isDryRun: Bool) {
        self.statistics = statistics
        self.numbers = numbers
        self.isDryRun = isDryRun
    }

    /// The last line of a log.
    package static func logLine(_ statistics: SessionStatistics) -> String {
        "sent \(statistics.bytesSent) bytes  received \(statistics.bytesReceived) bytes  "
            + "total size \(statistics.totalSize)"
    }

    /// The lines of `--stats`.
    var figures: [String] {
        ["Number of files: " + counts(statistics.listed)]
            + (statistics.countsCreated ? ["Number of created files: " + counts(statistics.created)] : [])
            + (statistics.countsDeleted ? ["Number of deleted files: " + counts(statistics.deleted)] : []) + [
                "Number of regular files transferred: " + numbers.count(Int64(statistics.transferredFiles)),
                "Total file size: " + numbers.count(statistics.totalSize) + " bytes",
                "Total transferred file size: " + numbers.count(statistics.transferredSize) + " bytes",
                "Literal data: " + numbers.count(statistics.literalData) + " bytes",
                "Matched data: " + numbers.count(statistics.matchedData) + " bytes",
                "File list size: " + numbers.count(statistics.fileListSize),
            ] + times + [
                "Total bytes sent: " + numbers.count(statistics.bytesSent),
                "Total bytes received: " + numbers.count(statistics.bytesReceived),
            ]
    }

    /// Left out when the sender did not measure it.
    private var times: [String] {
        guard statistics.listBuildTime > 0 else { return [] }
        return [
            "File list generation time: " + seconds(statistics.listBuildTime) + " seconds",
            "File list transfer time: " + seconds(statistics.listTransferTime) + " seconds",
        ]
    }

    /// The last two lines of a run.
    func summary(elapsed: Duration) -> [String] {
        let moved = statistics.bytesSent + statistics.bytesReceived
        // rsync counts whole seconds and adds half a second.
        let rate = Double(moved) / (0.5 + Double(elapsed.components.seconds))
        let speedup = moved == 0 ? 0 : Double(statistics.totalSize) / Double(moved)
        return [
            "sent \(numbers.count(statistics.bytesSent)) bytes  received \(numbers.count(statistics.bytesReceived)) bytes  "
                + "\(numbers.decimal(rate)) bytes/sec",
            "total size is \(numbers.count(statistics.totalSize))  speedup is \(plainDecimal(speedup))"
                + (isDryRun ? " (DRY RUN)" : ""),
        ]
    }

    /// The speedup has separators but never units.
    private func plainDecimal(_ number: Double) -> String {
        NumberText(level: min(1, numbers.level)).decimal(number)
    }

    private func seconds(_ milliseconds: Int64) -> String { NumberText.fixed(Double(milliseconds) / 1000, digits: 3) }

    private func counts(_ counts: EntryCounts) -> String {
        let total = numbers.count(Int64(counts.total))
        guard counts.total > 0 else { return total }
        let kinds: [(String, Int)] = [
            ("reg", counts.regular), ("dir", counts.directories), ("link", counts.links), ("dev", counts.devices),
            ("special", counts.specials),
        ]
        let words = kinds.filter { $0.1 > 0 }.map { "\($0.0): \(numbers.count(Int64($0.1)))" }
        return total + " (" + words.joined(separator: ", ") + ")"
    }
}
